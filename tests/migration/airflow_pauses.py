"""Prints how long real Airflow waits between tries, by task, as JSON; Airflow's Python runs it."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

DATES = 200
"""Runs that are looked at: a pause that grows depends on the run's date."""


def main() -> None:
    """Give, for each task, its number of retries and each pause's least and greatest seconds."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints is log
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    found: dict[str, Any] = {}
    for file in sorted(Path(sys.argv[1]).glob("*.py")):
        [dag] = DagBag(dag_folder=str(file)).dags.values()
        known = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        found[file.stem] = {task.task_id: [task.retries, _pauses(task)] for task in known.tasks}
    json.dump(found, answers)


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
    main()
