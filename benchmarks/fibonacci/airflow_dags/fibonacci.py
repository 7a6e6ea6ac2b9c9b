"""A DAG per case: sequential tasks that do nothing but compute a Fibonacci number the slow way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import chain, dag, task

from benchmarks.fibonacci.cases import CASES, WARM_UP, Case, fibo


def sequence(case: Case) -> Any:
    """Make the DAG with the case's tasks, one after the other."""

    @dag(
        dag_id=case.dag_id,
        schedule=None,
        start_date=datetime(2021, 1, 1, tzinfo=UTC),
        catchup=False,
        default_args={"retries": 0},
    )
    def fibonacci() -> None:
        @task
        def compute() -> int:
            return fibo(case.n)

        chain(*(compute.override(task_id=f"fibo_{position:02}")() for position in range(case.tasks)))

    return fibonacci()


for one in (*CASES, WARM_UP):
    sequence(one)
