"""An operator of the author's own: its class goes along, its `execute` runs inside a task."""

from __future__ import annotations

import re

from migration.arguments.base import NOTES, WRITERS
from migration.arguments.defaults import SAME_AS_DEFAULT
from migration.constructs import construct
from migration.graph import Task
from migration.writing.literals import identifier
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(**arguments: Any) -> Any:
    """Run {operator}, made with these arguments."""
    return {operator}(task_id="@NAME@", **arguments).execute(get_current_context())
'''


@construct("author's own operator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError where the class builds on an operator that is not the author's.
    """
    for base in task.bases:
        name = base.rpartition(".")[2]
        if base.startswith("airflow.") and name not in ("BaseOperator", "BaseSensorOperator"):
            raise RefusedError(f"the class {task.operator} builds on Airflow's {name}")
    site.require([task.operator])
    own = [
        argument
        for argument in task.arguments
        if argument.origin == "call" or argument.origin == "default_args"
    ]
    arguments, mapped = {}, dict(task.mapping.arguments) if task.mapping else {}
    if task.mapping and task.mapping.kind != "expand":
        raise RefusedError("expand_kwargs of an operator; use expand", "expand_kwargs")
    for argument in own:
        is_base = argument.name in WRITERS or argument.name in NOTES or argument.name in SAME_AS_DEFAULT
        is_date = argument.name in ("start_date", "end_date") and isinstance(argument.value, str)
        if is_base and not is_date:
            continue
        if argument.origin == "call" or argument.name in task.get("call", []):
            arguments[argument.name], _ = site.templated(argument.value, task)
    note = f"the class {task.operator} goes along; its execute() runs inside the task"
    claims = {name: equivalent(note, "own-operators") for name in arguments}
    claims.update({argument.name: Claim() for argument in task.arguments if argument.origin == "class"})
    name = identifier(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", task.operator))
    work = Work(
        f"operator:{task.operator}", name, CODE.format(operator=task.operator), uses=(task.operator,),
        imports=("from typing import Any",), runtime=("get_current_context",),
    )  # fmt: skip
    return Written(work, kwargs=arguments, over=mapped or None, claims=claims, tracked=True)
