"""Tasks of a mapped group: one copy of each for each value, linked index by index."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from migration.graph import Dag, Group, Task
from migration.writing.plan import RefusedError, Written

REASON = "a mapped task group"


def mapped_group_of(dag: Dag, task: Task) -> Group | None:
    """Give the mapped group that a task is in."""
    group_id = task.group
    while group_id is not None:
        group = next(one for one in dag.groups if one.group_id == group_id)
        if group.mapping is not None:
            return group
        group_id = group.parent
    return None


def members_of(dag: Dag, group: Group) -> set[str]:
    """Give the tasks of a mapped group."""
    return {task.task_id for task in dag.tasks if mapped_group_of(dag, task) == group}


def rows_of(group: Group) -> list[dict[str, Any]]:
    """Give the arguments of each copy.

    Raises RefusedError if they are only known at run time.
    """
    mapping = group.mapping
    lists = list(mapping.arguments.values()) if mapping is not None else []
    fixed = all(isinstance(one, list) and one and not _has_tag(one, "$result") for one in lists)
    if mapping is None or mapping.kind != "expand" or not fixed:
        raise RefusedError(
            f"{REASON} over what is only known at run time; make it a flow called for each value"
        )
    return [dict(zip(mapping.arguments, values, strict=True)) for values in itertools.product(*lists)]


def spread(written: Written, task: Task, dag: Dag, group: Group) -> Written:
    """Map a task of the group over the group's values and the results of its other tasks.

    Raises RefusedError where index by index is more than Prefect's `map` can do.
    """
    members = members_of(dag, group)
    by_order = [
        e for e in dag.edges if e.downstream == task.task_id and e.upstream in members and e.kind == "order"
    ]
    if by_order or task.mapping is not None or written.args or written.kind != "task":
        raise RefusedError(f"{REASON} whose tasks wait for each other without data; pass a result on")
    rows = rows_of(group)
    over: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    for name, value in written.kwargs.items():
        if isinstance(value, dict) and "$mapped" in value:
            over[name] = [row[value["$mapped"]] for row in rows]
        elif isinstance(value, dict) and value.get("$result") in members and not value["steps"]:
            over[name] = value
        elif _has_tag(value, "$mapped") or _has_tag(value, "$result"):
            raise RefusedError(f"{REASON} with a value inside another; pass it by itself")
        else:
            fixed[name] = value
    if not over:
        raise RefusedError(f"{REASON} with a task that takes none of its values")
    return replace(written, kwargs=fixed, over=over, zipped=True)


def _has_tag(value: Any, tag: str) -> bool:
    if isinstance(value, dict):
        return tag in value or any(_has_tag(one, tag) for one in value.values())
    return isinstance(value, list) and any(_has_tag(one, tag) for one in value)
