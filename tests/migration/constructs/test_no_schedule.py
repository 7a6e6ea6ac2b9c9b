"""A DAG to which no schedule is given: Airflow 1 and 2 run it every day, Airflow 3 never."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FILE = """
from airflow{sdk} import DAG
from airflow.{path}.bash import BashOperator
with DAG("d"{dag}):
    BashOperator(task_id="work", bash_command="echo")
"""
OLD = {"sdk": "", "path": "operators"}
NEW = {"sdk": ".sdk", "path": "providers.standard.operators"}


@pytest.mark.parametrize(
    "file", [FILE.format(**OLD, dag=", schedule=None"), FILE.format(**NEW, dag="")], ids=["said", "Airflow 3"]
)
def test_what_stays(converted: Any, file: str) -> None:
    made = converted(file)
    items = [item for item in made.dag.items if item.name == "schedule"]
    assert made.dag.status == "converted" and [item.status for item in items] in ([], ["converted"])


def test_a_daily_run_that_nobody_wrote_down_is_told_of(converted: Any) -> None:
    status, note = converted(FILE.format(**OLD, dag="")).note("schedule")[:2]
    assert status == "equivalent" and "every day" in note
