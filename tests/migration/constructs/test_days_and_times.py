"""BranchDayOfWeekOperator, BranchDateTimeOperator, LatestOnlyOperator."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        import datetime
        from airflow import DAG
        from airflow.operators.datetime import BranchDateTimeOperator
        from airflow.operators.weekday import BranchDayOfWeekOperator
        from airflow.operators.latest_only import LatestOnlyOperator
        from airflow.operators.empty import EmptyOperator
        with DAG("d", schedule_interval="@daily"):
            ways = {name: EmptyOperator(task_id=name) for name in ("su", "other", "inside", "outside", "new")}
            BranchDayOfWeekOperator(task_id="day", week_day="Sunday", use_task_logical_date=True,
                follow_task_ids_if_true="su", follow_task_ids_if_false="other") >> [ways["su"], ways["other"]]
            BranchDateTimeOperator(task_id="time", use_task_logical_date=True,
                target_lower=datetime.datetime(2026, 3, 1), target_upper=datetime.datetime(2026, 4, 1),
                follow_task_ids_if_true=["inside"], follow_task_ids_if_false=["outside"],
            ) >> [ways["inside"], ways["outside"]]
            LatestOnlyOperator(task_id="latest") >> ways["new"]
    """)
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert made.dag.status == "converted"
    assert {name: ran.of(name) for name in ("su", "other", "inside", "outside", "new")} == {
        "su": "success", "other": "not called", "inside": "success", "outside": "not called",
        "new": "not called",  # the run of a past date
    }  # fmt: skip
