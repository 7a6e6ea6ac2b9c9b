"""Which parts of a recorded graph a manifest does not mention: silent drops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from migration.graph import Dag

IDENTITY = frozenset({"dag_id", "task_id"})


def silent_drops(dag: Dag, items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Give each task, edge and attribute of the graph that no item stands for, as `kind name`."""
    known = {(item["kind"], item["name"]) for item in items}
    return [f"{kind} {name}" for kind, name in _parts(dag) if (kind, name) not in known]


def _parts(dag: Dag) -> Iterator[tuple[str, str]]:
    yield "dag", dag.dag_id
    for name in dag.arguments.keys() - IDENTITY:
        yield "attribute", name
    for name in dag.default_args:
        yield "attribute", f"default_args.{name}"
    for task in dag.tasks:
        yield "task", task.task_id
        for argument in task.arguments:
            yield "attribute", f"{task.task_id}.{argument.name}"
        for name in (*task.marks, *(["group"] if task.group else [])):
            yield "attribute", f"{task.task_id}.{name}"
        if task.mapping is not None:
            for name in task.mapping.arguments:
                yield "attribute", f"{task.task_id}.{task.mapping.kind}.{name}"
    for edge in dag.edges:
        yield "edge", f"{edge.upstream} -> {edge.downstream}"
        if edge.label:
            yield "attribute", f"{edge.upstream} -> {edge.downstream}.label"
    for group in dag.groups:
        yield "attribute", f"group {group.group_id}"
