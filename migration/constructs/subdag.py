"""SubDagOperator: a DAG inside a task is a flow inside a task, for the same dates."""

from __future__ import annotations

from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, Code, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(inner: Any) -> None:
    """Run a flow inside this one, for the same date; fail if it does."""
    context = get_current_context()
    given = {"logical_date": context["logical_date"].isoformat(), "conf": context["conf"]}
    known = inner.parameters.properties
    state = inner(**{name: value for name, value in given.items() if name in known}, return_state=True)
    if not state.is_completed():
        raise RuntimeError(f"{inner.name} ended as {state.name}")
'''
CLAIM = equivalent("a flow of its own, which this task runs; tried again it runs as a whole", "sub-dags")


@construct("SubDagOperator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError where the DAG inside is not known.
    """
    inner = task.get("subdag")
    if not isinstance(inner, dict) or "$dag" not in inner or task.mapping is not None:
        raise RefusedError("a SubDag that is not made in the author's files; make it a TaskGroup", "subdag")
    if task.get("conf") is not None or task.get("propagate_skipped_state") is not None:
        raise RefusedError("a SubDag with a conf of its own, or one that hands its skips on", "subdag")
    imports = ("from typing import Any",)
    work = Work("subdag", "run_inside", CODE, imports=imports, runtime=("get_current_context",))
    names = ("subdag", "session", "conf", "propagate_skipped_state", "executor")
    return Written(
        work,
        (Code(site.flow_of(str(inner["$dag"]))),),
        claims={"subdag": CLAIM, **{name: Claim() for name in names[1:] if task.has(name)}},
        tracked=True,
    )
