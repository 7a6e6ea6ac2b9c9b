"""@asset: a DAG of one task; its parameters are the asset itself and the assets that it reads."""

from __future__ import annotations

from dataclasses import replace

from migration.arguments.assets import name_of
from migration.constructs import construct
from migration.constructs.python import written
from migration.graph import Argument, Task
from migration.writing.literals import quoted
from migration.writing.plan import Code, Written
from migration.writing.site import Site

FROM_CONTEXT = ("context", "outlet_events")


@construct("@task.asset")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    signature = site.signature(task.get("python_callable"))
    asked = [name for name in (signature.required if signature else ()) if name not in FROM_CONTEXT]
    own = name_of(task.get("outlets", [None])[0])
    given = {name: Code(f"Asset({quoted(own if name == 'self' else name)})") for name in asked}
    if given:
        site.runtime.add("Asset")
    made = written(replace(task, arguments=(*task.arguments, Argument("op_kwargs", given, "call"))), site)
    needs = signature is not None and any(name in signature.required for name in FROM_CONTEXT)
    return replace(made, work=replace(made.work, with_context=True), tracked=True) if needs else made
