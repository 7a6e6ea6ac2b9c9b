"""A task is tried as often as in Airflow, after the same pauses."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from tests.migration.in_airflow import pauses_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
DAG = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator
def work(): pass
with DAG("pauses", schedule=None, start_date=datetime(2024, 1, 1), default_args={default_args}):
    {tasks}
"""
TASKS = {
    "none": "",
    "usual": "retries=2",
    "fixed": "retries=3, retry_delay=timedelta(minutes=7)",
    "long": "retries=1, retry_delay=timedelta(days=12, hours=3, seconds=7)",
    "numbers": "retries=1, retry_delay=90",
    "doubled": "retries=5, retry_delay=timedelta(minutes=1), retry_exponential_backoff=True",
    "usual_doubled": "retries=3, retry_exponential_backoff=True",
    "limited": "retries=6, retry_delay=timedelta(minutes=1), retry_exponential_backoff=True, "
    "max_retry_delay=timedelta(minutes=5)",
    "by_three": "retries=4, retry_delay=timedelta(seconds=20), retry_exponential_backoff=3",
    "by_one": "retries=2, retry_delay=timedelta(seconds=20), retry_exponential_backoff=1.0",
    "days": "retries=8, retry_delay=timedelta(hours=2), retry_exponential_backoff=True",
    "part": "retries=3, retry_delay=timedelta(seconds=0.3), retry_exponential_backoff=True",
    "needless_limit": "retries=2, retry_delay=timedelta(minutes=9), max_retry_delay=timedelta(minutes=5)",
}


def test_what_stays(converted: Any) -> None:
    for given in ("retries=2, retry_delay=WAIT", "retries=2, retry_exponential_backoff=WAIT"):
        task = f"PythonOperator(task_id='t', python_callable=work, {given})"
        made = converted(
            "from airflow.models import Variable\nWAIT = Variable.get('wait')" + text_of({}, task)
        )
        assert made.dag.status == "refused"


def text_of(default_args: dict[str, Any], *tasks: str) -> str:
    """Give a DAG file."""
    return DAG.format(default_args=default_args, tasks="\n    ".join(tasks))


def test_tries_and_pauses_are_airflows(converted: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    text = text_of(
        {},
        *(
            f"PythonOperator(task_id='{name}', python_callable=work, {given})"
            for name, given in TASKS.items()
        ),
    )
    folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
    (folder / "pauses.py").write_text(text)
    real = pauses_in_airflow(folder, home)["pauses"]
    assert real.keys() == TASKS.keys()
    made = converted(text)
    assert made.dag.status == "converted", made.dag.items
    found = tasks_of(made)
    for name, (retries, pauses) in real.items():
        work = found[name]
        assert work.retries == retries, name
        given = work.retry_delay_seconds if isinstance(work.retry_delay_seconds, list) else None
        for index, (least, most) in enumerate(pauses):
            ours = given[min(index, len(given) - 1)] if given else work.retry_delay_seconds
            assert ours <= least <= 1.1 * ours + 1 and most <= 2 * ours, (name, index)
            assert least < most or ours == least, (name, index)


def tasks_of(made: Any) -> dict[str, Any]:
    """Give the Prefect task of each call, as the flow makes it."""
    import prefect

    found: dict[str, Any] = {}
    original = prefect.Task.__call__

    def noted(task: Any, *args: Any, **kwargs: Any) -> Any:
        found[task.name] = task
        return original(task, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefect.Task, "__call__", noted)
        submit = prefect.Task.submit

        def submitted(task: Any, *args: Any, **kwargs: Any) -> Any:
            found[task.name] = task
            return submit(task, *args, **kwargs)

        patch.setattr(prefect.Task, "submit", submitted)
        assert made.run().state == "COMPLETED"
    return found


FAILING = """
import time
from datetime import timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator
tries = {"twice": [], "always": [], "own": []}
def work(name, times):
    tries[name].append(time.monotonic())
    if len(tries[name]) <= times: raise ValueError("as planned")
with DAG("d", schedule=None, default_args={"retries": 2, "retry_delay": timedelta(seconds=1),
                                           "retry_exponential_backoff": True}):
    PythonOperator(task_id="twice", python_callable=work, op_args=["twice", 2])
    PythonOperator(task_id="always", python_callable=work, op_args=["always", 9])
    PythonOperator(task_id="own", python_callable=work, op_args=["own", 9], retries=0)
"""


def test_they_are_tried_and_paused(converted: Any) -> None:
    made = converted(FAILING)
    ran = made.run()
    assert (ran.state, ran.of("twice"), ran.of("always"), ran.of("own")) == (
        "FAILED", "success", "failed", "failed",
    )  # fmt: skip
    tries = ran.module.tries
    assert {name: len(times) for name, times in tries.items()} == {"twice": 3, "always": 3, "own": 1}
    for name in ("twice", "always"):
        first, second = (after - before for before, after in pairwise(tries[name]))
        assert first >= 0.95 and second >= 1.95, (first, second)
    assert re.search(r"exponential_backoff\(1\)", made.text)
