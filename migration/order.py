"""Questions about a DAG's shape."""

from __future__ import annotations

from migration.graph import Dag


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
    return all((left, right) in pairs for left, right in zip(order, order[1:], strict=False))


def leaves(dag: Dag) -> list[str]:
    """Give the tasks whose states make the run's state: those at the end, teardowns left out."""
    found: dict[str, None] = {}
    for task in dag.tasks:
        if not dag.after(task.task_id):
            for name in _counting(dag, task.task_id):
                found[name] = None
    return list(found)


def _counting(dag: Dag, name: str) -> list[str]:
    marks = dag.task(name).marks
    if not marks.get("teardown") or marks.get("on_failure_fail_dagrun"):
        return [name]
    return [
        one
        for before in dag.before(name)
        if not dag.task(before).marks.get("setup")
        for one in _counting(dag, before)
    ]
