"""Questions about a DAG's shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise

from migration.graph import Dag, Task


def topological(dag: Dag) -> list[str]:
    """Give the task ids so that each comes after those before it; else in the order of the file.

    Raises ValueError if there is a cycle.
    """
    waiting = {task.task_id: set(dag.before(task.task_id)) for task in dag.tasks}
    found: list[str] = []
    while waiting:
        ready = next((name for name, before in waiting.items() if not before & waiting.keys()), None)
        if ready is None:
            raise ValueError(f"the tasks {', '.join(sorted(waiting))} wait for each other")
        found.append(ready)
        del waiting[ready]
    return found


def is_line(dag: Dag, order: list[str]) -> bool:
    """Say whether each task but the first waits for the one before it in the order."""
    pairs = {(edge.upstream, edge.downstream) for edge in dag.edges}
    return all((left, right) in pairs for left, right in pairwise(order))


def leaves(dag: Dag) -> list[str]:
    """Give the tasks whose states make the run's state.

    As in Airflow's DagRun.tis_for_dagrun_state: what has nothing but teardowns behind it, teardowns left out
    unless their failure is to fail the run.
    """
    return [
        task.task_id
        for task in dag.tasks
        if not _is_ignored(task) and all(_is_ignored(dag.task(name)) for name in dag.after(task.task_id))
    ]


def left_running(
    dag: Dag,
    ends: Iterable[str],
    lenient: Collection[str] = (),
    one_of: Collection[str] = (),
    many: Collection[str] = (),
) -> list[str]:
    """Give what may still run when these have ended, because something beside it has failed.

    Prefect ends what has not begun when a flow returns. `lenient`: tasks that wait for all before them,
    whatever becomes of it; `one_of`: tasks of which only one before them is ever called; `many`: tasks with
    several copies.
    """
    settled: set[str] = set()

    def settle(name: str) -> None:
        if name not in settled:
            settled.add(name)
            before = dag.before(name)
            if (len(before) == 1 and before[0] not in many) or name in lenient or name in one_of:
                for one in before:
                    settle(one)

    for name in ends:
        settle(name)
    found = []
    for name in reversed(topological(dag)):
        if name not in settled:
            found.append(name)
            settle(name)
    return found[::-1]


def _is_ignored(task: Task) -> bool:
    return bool(task.marks.get("teardown")) and not task.marks.get("on_failure_fail_dagrun")
