"""Prints how long real Airflow waits between tries, by task, as JSON; Airflow's Python runs it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from airflow_answer import answer, scheduled  # type: ignore[import-not-found]

DATES = 200
"""Runs that are looked at: a pause that grows depends on the run's date."""


def retries(dag: Any) -> dict[str, Any]:
    """Give, for each task, its number of retries and each pause's least and greatest seconds."""
    return {task.task_id: [task.retries, _pauses(task)] for task in scheduled(dag).tasks}


def _pauses(task: Any) -> list[tuple[float, float]]:
    """Ask Airflow's own function after each failed try, for many runs."""
    from airflow.models.taskinstance import TaskInstance

    pauses = []
    for tried in range(1, task.retries + 1):
        end = datetime(2026, 1, 1, tzinfo=UTC)
        ends = [
            TaskInstance.next_retry_datetime(
                SimpleNamespace(
                    task=task, dag_id="d", task_id=task.task_id, try_number=tried, end_date=end,
                    logical_date=end + timedelta(days=day), retry_delay_override=None,
                )
            )
            for day in range(DATES)
        ]  # fmt: skip
        seconds = [(one - end).total_seconds() for one in ends]
        pauses.append((min(seconds), max(seconds)))
    return pauses


if __name__ == "__main__":
    answer(retries)
