"""The DAG file in an Airflow that has nothing of ours but what the wheel brings, and no database."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engines.places import AIRFLOW_DAGS, AIRFLOW_PYTHON, CHECKOUT
from engines.service import environment
from pipelines.tree_clusters import PIPELINE

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

LOOK = """
import importlib.util, json, os, sys
sys.path = [entry for entry in sys.path if entry != {checkout!r}]
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder={dags!r})
dag = bag.dags.get("assign_tree_to_cluster")
module = sys.modules[dag.get_task("notify").python_callable.__module__] if dag else None
connection = module._connect("sample") if dag else None
ours = ("airflow_client", "engines", "blocks", "comparison", "migration", "prefect_flows", "prefect")
print(json.dumps({{
    "import_errors": bag.import_errors,
    "pipelines": sys.modules["pipelines"].__file__,
    "others": [name for name in ours if name in sys.modules],
    "tasks": {{task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}},
    "retries": sorted({{task.retries for task in dag.tasks}}),
    "cron": str(dag.schedule),
    "max_active_runs": dag.max_active_runs,
    "catchup": dag.catchup,
    "tags": sorted(dag.tags),
    "start_date": dag.start_date.isoformat(),
    "callbacks": sorted({{callback.__name__ for task in dag.tasks for callback in task.on_failure_callback}}),
    "description": dag.description,
    "has_doc": bool(dag.doc_md),
    "params": {{name: dag.params[name] for name in dag.params}},
    "driver": type(connection).__module__,
    "application": connection.info.dsn_parameters["application_name"],
    "keepalives_idle": connection.info.dsn_parameters["keepalives_idle"],
}}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip install .` would install, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    [built] = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def seen(wheel: Path, sample_url: str, tmp_path: Path) -> dict[str, Any]:
    """What an Airflow sees of a copy of the DAG file, elsewhere, with a metadata database out of reach."""
    dags = tmp_path / "dags"
    dags.mkdir()
    shutil.copy(AIRFLOW_DAGS / "tree_clusters.py", dags)
    connection = (
        sample_url.replace("postgresql+psycopg2://", "postgres://") + "?sslmode=prefer&cursor=dictcursor"
    )
    env = environment(
        tmp_path,
        {
            "PYTHONPATH": str(wheel),
            "AIRFLOW_HOME": str(tmp_path / "home"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://nobody@127.0.0.1:1/nowhere",
            "AIRFLOW_CONN_SAMPLE": connection,
        },
    )
    script = LOOK.format(checkout=str(CHECKOUT), dags=str(dags))
    done = subprocess.run(
        [str(AIRFLOW_PYTHON), "-P", "-c", script], env=env, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result | {"wheel": str(wheel)}


def test_the_dag_loads_with_nothing_but_pipelines_and_is_what_the_original_was(seen: dict[str, Any]) -> None:
    assert seen["import_errors"] == {}
    assert seen["pipelines"].startswith(seen["wheel"])
    assert seen["others"] == []
    parts = [name for split in PIPELINE.splits for name in (split.plan, split.part)]
    names = sorted([*(step.name for step in PIPELINE.steps), *parts, "notify"], key=PIPELINE.task_order)
    assert list(seen["tasks"]) == names
    assert all(previous in seen["tasks"][name] for previous, name in pairwise(names))
    assert seen["cron"] == "0 */2 * * *"
    assert (seen["max_active_runs"], seen["catchup"], seen["tags"]) == (1, False, ["map"])
    assert seen["start_date"].startswith("2021-01-01")
    assert (seen["retries"], seen["callbacks"]) == ([0], ["note_failure", "tell_failure"])
    assert seen["description"]
    assert seen["has_doc"]
    assert seen["params"] == {
        "connection": "postgres_default",
        "settings": {},
        "slack_variable": "SLACK_WEBHOOK",
    }
    # The steps are written for psycopg2, whatever Airflow's own hook prefers.
    assert seen["driver"].startswith("psycopg2")
    assert (seen["application"], seen["keepalives_idle"]) == ("assign_tree_to_cluster", "30")
