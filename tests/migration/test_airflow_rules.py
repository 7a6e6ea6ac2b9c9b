"""Real Airflow as the oracle: random DAGs end in a converted flow as they end there, task by task."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engines.places import CHECKOUT
from migration.graph import Dag
from tests.migration.random_dags import dag_text

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
PYTHON = CHECKOUT / ".venv-airflow" / "bin" / "python"
SEEDS = range(1000, 1016)
BAD = {"failed", "upstream_failed"}
NOT_RUN = {"skipped", "upstream_failed"}
"""What a plain flow does not call, or calls so that it is not ready."""


@pytest.fixture(scope="module")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what Airflow made of each DAG, by its seed."""
    folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
    for seed in SEEDS:
        text = dag_text(seed, skips=seed % 2 == 0)
        (folder / f"{seed}.py").write_text(text.replace("DAG('d'", f"DAG('d{seed}'"))
    env = {
        "PATH": os.environ["PATH"], "HOME": str(home), "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }  # fmt: skip
    for command in (
        ["-m", "airflow", "db", "migrate"],
        [str(Path(__file__).with_name("airflow_states.py")), str(folder)],
    ):
        done = subprocess.run(
            [str(PYTHON), *command], env=env, capture_output=True, text=True, check=False, timeout=900
        )
        assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_dag_ends_as_in_airflow(
    converted: Any, recorded: Any, in_airflow: dict[str, Any], seed: int
) -> None:
    text = dag_text(seed, skips=seed % 2 == 0)
    made, real = converted(text), in_airflow[str(seed)]
    assert made.dag.status == "converted"
    if _is_a_race(recorded(text).dags[0], real["tasks"]):
        pytest.skip("Airflow goes by what ends first: a failure or a skip before a task that wants success")
    ran = made.run()
    plain = "replant_" not in made.text
    for name, state in real["tasks"].items():
        found = ran.of(name)
        if plain and state in NOT_RUN:
            assert found in ("not called", "not ready")
        else:
            assert (name, found) == (name, state)
    assert ran.state == {"success": "COMPLETED", "failed": "FAILED"}[real["run"]]


def _is_a_race(dag: Dag, states: dict[str, str]) -> bool:
    return any(
        {"skipped"} <= before and before & BAD
        for task in dag.tasks
        if task.get("trigger_rule", "all_success") == "all_success"
        for before in [{states[one] for one in dag.before(task.task_id)}]
    )
