"""What a task waits for in the run before."""

from __future__ import annotations

from migration.graph import Dag, Task


def past_of(task: Task, dag: Dag) -> bool | list[str]:
    """Say whether a task waits for itself, or give the tasks right behind it that it waits for, too."""
    if task.get("wait_for_downstream"):  # with which Airflow sets depends_on_past
        return dag.after(task.task_id) or True
    return bool(task.get("depends_on_past"))
