"""What became of each task, edge and attribute of a recorded graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migration.graph import Dag
from migration.writing.module import Module
from migration.writing.plan import CONVERTED, REFUSED, Claim, Item, equivalent, refused
from migration.writing.writer import FlowPlan

GROUP = equivalent("the group is the first part of the task's name", "groups")
NOT_CALLED = equivalent("called under a condition; where Airflow skips it, it has no task run", "branches")
LABEL = equivalent("only Airflow's page shows it", "page")
DEFAULTS = equivalent("applied to each task", "default-args")
CALLED: dict[str, Claim] = {
    "mask_secret": equivalent("hidden in the log of the run's process, not in its states", "masking"),
}
"""Airflow's functions that the authors' code calls and that mean something else in a flow."""


@dataclass(frozen=True)
class DagResult:
    """One DAG's conversion."""

    dag_id: str
    flow: str
    items: tuple[Item, ...]
    tracked: bool

    @property
    def status(self) -> str:
        """converted, or refused if anything of it is."""
        return REFUSED if any(item.status == REFUSED for item in self.items) else CONVERTED


def result_of(
    made: FlowPlan,
    module: Module,
    number: int,
    problems: list[tuple[int, str]],
    xcoms: Mapping[tuple[str, str], Claim],
) -> DagResult:
    """Give the manifest of one flow.

    `problems`: (line, reason) that hold for the DAG as a whole; `xcoms`: what became of XComs, by the ids
    of the DAG and the task.
    """
    name, line, lines = module.flows[number]
    at = dict(zip(made.order, lines, strict=True))
    items = [
        *_of_dag(made, line, problems),
        *(
            _item("attribute", called, made.dag.spot.line, line, claim)
            for called, claim in CALLED.items()
            if re.search(rf"\b{called}\(", module.text)
        ),
        *(
            _item("attribute", f"{task_id}.xcom", made.dag.task(task_id).spot.line, at[task_id], claim)
            for (dag_id, task_id), claim in xcoms.items()
            if dag_id == made.dag.dag_id
        ),
        *(item for task_id in made.order for item in _of_task(made, task_id, at[task_id])),
        *_of_edges(made.dag, at),
    ]
    return DagResult(made.dag.dag_id, name, tuple(items), made.tracked)


def _item(kind: str, name: str, line: int, flow_line: int, claim: Claim) -> Item:
    return Item(kind, name, line, flow_line, claim.status, claim.note, claim.paragraph)


def _of_dag(made: FlowPlan, flow_line: int, problems: list[tuple[int, str]]) -> Iterator[Item]:
    dag, line = made.dag, made.dag.spot.line
    yield _item("dag", dag.dag_id, line, flow_line, Claim())
    for name, claim in made.flow.claims.items():
        yield _item("attribute", name, line, flow_line, claim)
    for name in dag.default_args:
        yield _item("attribute", f"default_args.{name}", line, flow_line, DEFAULTS)
    for group in dag.groups:
        yield _item("attribute", f"group {group.group_id}", group.line, flow_line, GROUP)
    for place, reason in problems:
        yield _item("attribute", f"line {place}", place, flow_line, refused(reason))


def _of_task(made: FlowPlan, task_id: str, flow_line: int) -> Iterator[Item]:
    call = made.calls[task_id]
    task, line = call.task, call.task.spot.line
    is_conditional = made.shape is not None and bool(made.shape.guards[task_id])
    claim = refused(call.refusal) if call.refusal else NOT_CALLED if is_conditional else Claim()
    yield _item("task", task_id, line, flow_line, claim)
    for name, one in call.claims.items():
        yield _item("attribute", f"{task_id}.{name}", line, flow_line, one)
    if task.mapping is not None:
        for name in task.mapping.arguments:
            yield _item("attribute", f"{task_id}.{task.mapping.kind}.{name}", line, flow_line, claim)
    for name in task.marks:
        yield _item("attribute", f"{task_id}.{name}", line, flow_line, claim)
    if task.group is not None:
        yield _item("attribute", f"{task_id}.group", line, flow_line, GROUP)


def _of_edges(dag: Dag, at: dict[str, int]) -> Iterator[Item]:
    for edge in dag.edges:
        name = f"{edge.upstream} -> {edge.downstream}"
        yield _item("edge", name, edge.line, at[edge.downstream], Claim())
        if edge.label:
            yield _item("attribute", f"{name}.label", edge.line, at[edge.downstream], LABEL)
