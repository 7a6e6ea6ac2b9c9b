"""Prints how real Airflow ends the tasks of the DAG files of a folder, as JSON; Airflow's Python runs it."""

from __future__ import annotations

import datetime
from typing import Any

from airflow_answer import answer  # type: ignore[import-not-found]


def states(dag: Any) -> dict[str, Any]:
    """Run a DAG by `dag.test()`; give its run's state, and each task's states."""
    run = dag.test(logical_date=datetime.datetime.now(datetime.UTC))
    found: dict[str, list[str]] = {}
    for one in run.get_task_instances():
        found.setdefault(one.task_id, []).append(str(one.state))
    return {"run": str(run.state), "tasks": found}


if __name__ == "__main__":
    answer(states)
