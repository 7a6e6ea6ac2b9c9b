"""Real Airflow as the oracle: random DAGs end in a converted flow as they end there, task by task."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from migration.checker.rules import behind
from migration.graph import Dag
from tests.migration import random_dags, random_mappings
from tests.migration.in_airflow import ends_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
SOURCES = """
import datetime
from airflow import DAG
from airflow.decorators import task
from airflow.exceptions import AirflowSkipException
with DAG('d', schedule=None, start_date=datetime.datetime(2024, 1, 1)):
    @task
    def good(): return [1, 2]
    @task
    def nothing(): return []
    @task
    def bad(): raise ValueError
    @task
    def skip(): raise AirflowSkipException
    @task
    def half(x): return 1 / (x - 1)
    sources = {"good": good(), "nothing": nothing(), "bad": bad(), "skip": skip()}
    sources["half"] = half.expand(x=sources["good"])
    for rule in ("all_success", "all_done", "none_failed"):
        @task(trigger_rule=rule)
        def over(x, y=None): return x
        for name, source in sources.items():
            over.override(task_id=f"{rule}_{name}").expand(x=source)
        over.override(task_id=f"{rule}_two").expand(x=sources["skip"], y=sources["good"])
"""
"""A task mapped over what others give, or fail to give."""
TEXTS = {
    "sources": SOURCES,
} | {
    f"{kind.__name__.rpartition('_')[2]}_{number}": kind.dag_text(number, skips=number % 2 == 0)
    for kind, count in ((random_dags, 14), (random_mappings, 16))
    for number in range(count)
}
BAD = {"failed", "upstream_failed"}
NOT_RUN = {"skipped", "upstream_failed"}
NOT_CALLED = {*NOT_RUN, "not ready"}
"""How a plain flow's task runs end that Airflow skips or gives up, where they are called at all."""


@pytest.fixture(scope="module")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what Airflow made of each DAG."""
    folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
    for name, text in TEXTS.items():
        (folder / f"{name}.py").write_text(text.replace("DAG('d'", f"DAG('{name}'"))
    return ends_in_airflow(folder, home)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", TEXTS)
def test_a_random_dag_ends_as_in_airflow(
    converted: Any, recorded: Any, in_airflow: dict[str, Any], name: str
) -> None:
    made, real = converted(TEXTS[name]), in_airflow[name]
    assert made.dag.status == "converted"
    dag = recorded(TEXTS[name]).dags[0]
    raced = _raced(dag, real["tasks"])
    open_ended = raced.union(*(behind(dag)[one] for one in raced))
    ran = made.run()
    plain = "replant_" not in made.text
    for task_id, states in real["tasks"].items():
        found = ran.tasks.get(task_id, Counter())
        if task_id in raced:
            assert not found.keys() & {"success", "failed"}, task_id
        elif task_id in open_ended:
            continue  # it goes by how the race before it has ended
        elif plain and NOT_RUN.issuperset(states):
            assert NOT_CALLED.issuperset(found), task_id
        else:
            assert (task_id, found) == (task_id, Counter(states))
    assert raced or ran.state == {"success": "COMPLETED", "failed": "FAILED"}[real["run"]]


def _raced(dag: Dag, states: dict[str, list[str]]) -> set[str]:
    """Give the tasks that want success behind both a failure and a skip: Airflow goes by which ends first."""
    return {
        task.task_id
        for task in dag.tasks
        if task.get("trigger_rule", "all_success") == "all_success"
        for before in [{state for one in dag.before(task.task_id) for state in states[one]}]
        if "skipped" in before and before & BAD
    }
