"""Compares the ids that a written flow's branches may name with those that Airflow takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migration.checker.rules import behind, kind_of, members
from migration.checker.scripts import known_values
from migration.graph import Dag, Task


def way_differences(dag: Dag, source: str, seen: Mapping[str, Any], refused: set[str]) -> Iterator[str]:
    """Give what differs, one sentence each. `source`: the DAG file's text."""
    calls = {call["name"]: call for call in seen["calls"]}
    plain = not any(call["how"] in ("runtime", "expand") for call in seen["calls"])
    for task in dag.tasks:
        call = calls.get(task.task_id)
        if kind_of(task) != "branch" or task.task_id in refused or call is None:
            continue
        if not plain and (missed := _groups_missed(dag, call["groups"])):
            yield f"{task.task_id} does not go to the tasks of {', '.join(missed)} when it names the group"
        ids = {one.task_id for one in dag.tasks} | {one.group_id for one in dag.groups}
        ids -= _every_way(task, dag) if plain else set()
        if call["ways"] is None:
            known = [name for one in known_values(task, source) for name in _listed(one)]
            if not known or not ids.issuperset(known):
                yield f"{task.task_id} does not fail when it names a task that does not exist"
        elif wrong := set(call["ways"]) ^ ids:
            yield f"{task.task_id} does not take the same ids: {', '.join(sorted(wrong))}"


def _groups_missed(dag: Dag, given: Mapping[str, Any]) -> list[str]:
    """Give the groups with tasks that are found neither by their names nor by what the flow says."""
    return [
        group.group_id for group in dag.groups
        if any(
            not name.startswith(f"{group.group_id}.") and name not in given.get(group.group_id, ())
            for name in members({group.group_id}, dag)
        )
    ]  # fmt: skip


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _every_way(task: Task, dag: Dag) -> set[str]:
    """Give what is before a branch, itself too: to name it is to go every way, which plain flows refuse."""
    found = {task.task_id} | {name for name, later in behind(dag).items() if task.task_id in later}
    parents = {group.group_id: group.parent for group in dag.groups}
    groups: set[str] = set()
    for one in dag.tasks:
        group = one.group if one.task_id in found else None
        while group is not None:
            groups.add(group)
            group = parents[group]
    return found | groups
