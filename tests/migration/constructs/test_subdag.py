"""SubDagOperator is refused with what to do."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from airflow.operators.subdag import SubDagOperator
        with DAG("d"):
            inner = DAG("d.inner")
            EmptyOperator(task_id="in_it", dag=inner)
            SubDagOperator(task_id="inner", subdag=inner) >> EmptyOperator(task_id="behind")
    """)
    status, note = made.note("inner.subdag")
    assert status == "refused" and "TaskGroup" in note
    ran = made.run()
    assert ran.of("inner") == "failed" and ran.state == "FAILED"
