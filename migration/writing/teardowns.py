"""Setups and teardowns in plain flows: a teardown waits for its setup's success and the end of the rest."""

from __future__ import annotations

from collections.abc import Callable

from migration.graph import Dag, Task
from migration.writing import order

RULES = ("all_success", "all_done_setup_success")


def are_plain(dag: Dag, is_simple: Callable[[str], bool]) -> bool:
    """Say whether `wait_for` keeps the meaning of a DAG's teardowns: each has one setup right before it.

    `is_simple`: whether a task is one run that decides nothing.
    """
    for task in dag.tasks:
        rule = task.get("trigger_rule", "all_success")
        if not is_simple(task.task_id) or rule not in (RULES if is_teardown(task) else RULES[:1]):
            return False
        if not is_teardown(task):
            continue
        if len(_setups(task, dag)) != 1 or _given(task, dag) & allowed(task, dag):
            return False  # with several, one of them is enough; what is given must be there
        # where an inner one does not wait to the end, its setup has failed: nothing more begins in between
        inner = [one.task_id for one in dag.tasks if is_teardown(one)]
        late = order.left_running(dag, dag.before(task.task_id), lenient=inner)
        if any(_is_before(name, task.task_id, dag) for name in late):
            return False  # it would not wait for all between it and its setup
    return True


def is_teardown(task: Task) -> bool:
    """Say whether it is one."""
    return bool(task.marks.get("teardown"))


def allowed(task: Task, dag: Dag) -> set[str]:
    """Give the tasks right before a teardown that may fail; of other tasks none."""
    return set(dag.before(task.task_id)) - _setups(task, dag) if is_teardown(task) else set()


def _given(task: Task, dag: Dag) -> set[str]:
    """Give the tasks whose results are passed to it."""
    return {one.upstream for one in dag.edges if one.downstream == task.task_id and one.kind == "data"}


def _is_before(name: str, other: str, dag: Dag) -> bool:
    return any(one == name or _is_before(name, one, dag) for one in dag.before(other))


def _setups(task: Task, dag: Dag) -> set[str]:
    return {name for name in dag.before(task.task_id) if dag.task(name).marks.get("setup")}
