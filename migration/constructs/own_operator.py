"""An operator of the author's own: its class goes along, its `execute` runs inside a task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from migration.arguments import bounds, waiting
from migration.arguments.base import NOTES, WRITERS
from migration.arguments.defaults import SAME_AS_DEFAULT
from migration.author.inner_templates import file_endings, inner_template
from migration.author.operators import Operator
from migration.constructs import construct
from migration.graph import Task
from migration.writing.literals import identifier
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(**arguments: Any) -> Any:
    """Run {operator}, made with these arguments."""
    context = get_current_context()
    return {operator}(task_id=context["ti"].task_id, **arguments).execute(context)
'''


PLAIN = '''def @NAME@({parameters}) -> Any:
    """Run {operator}, made with these arguments."""
    return {operator}({given}).execute()
'''
CARRIED = '''def @NAME@(**arguments: Any) -> Any:
    """Run {operator}, made with these arguments."""
    return {operator}(task_id=task_run.task_name, **arguments).execute({{}})
'''
SENSOR = '''def @NAME@({parameters}) -> None:
    """Wait until {operator}, made with these arguments, says yes."""
    sensor = {operator}({given})
    wait_until(sensor.poke, {pace})
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
    if task.mapping and task.mapping.kind != "expand":
        raise RefusedError("expand_kwargs of an operator; use expand", "expand_kwargs")
    mapped = dict(task.mapping.arguments) if task.mapping else {}
    alone = site.operator_alone(task.operator)
    carried = None if alone else site.operator_carried(task.operator)
    operator = alone or carried
    given = _given(task)
    _stop_at_templates(task, site, given, operator, mapped)
    for name, text in (operator.templates if operator else {}).items():
        if name not in mapped:
            given.setdefault(name, text)
    claims = _claims(task, given)
    if alone is not None:
        if strange := set(mapped) - set(alone.names):
            raise RefusedError(
                f"expand over {', '.join(sorted(strange))}, which {task.operator} does not take"
            )
        given = {name: value for name, value in given.items() if name in alone.names}
    arguments = {name: _rendered(name, value, task, site) for name, value in given.items()}
    tracked = operator is None or bool(task.get("soft_fail")) or any(one for _, one in arguments.values())
    kwargs = {name: value for name, (value, _) in arguments.items()}
    return Written(
        _work(task, site, alone, carried), kwargs=kwargs, over=mapped or None, claims=claims, tracked=tracked
    )


def _stop_at_templates(
    task: Task, site: Site, given: Mapping[str, Any], operator: Operator | None, mapped: Mapping[str, Any]
) -> None:
    """Refuse what only Airflow renders: templates inside of the class, and files of them.

    Raises RefusedError.
    """
    taken = {*given, *mapped, *(operator.templates if operator else ())}
    if inner := inner_template(task.operator, site.source, site.roots, taken):
        text = f"the class {task.operator} makes a template of its own, {inner!r}"
        raise RefusedError(f"{text}; give it to the operator as an argument")
    endings = file_endings(task.operator, site.source, site.roots)
    for name, value in given.items():
        if endings and isinstance(value, str) and value.endswith(endings):
            raise RefusedError(f"Airflow would read the file {value}; give its text", name)


def _rendered(name: str, value: Any, task: Task, site: Site) -> tuple[Any, bool]:
    """Give an argument; as a template only if Airflow renders it.

    Raises RefusedError where it is rendered in one place and not in another.
    """
    if not task.rendered.get(name, True):
        text = f"the class {task.operator} keeps the template of {name} in several attributes"
        raise RefusedError(f"{text}, of which Airflow renders only those in template_fields", name)
    is_default = all(one.name != name for one in task.arguments)
    return site.templated(value, task) if is_default or name in task.rendered else (value, False)


def _given(task: Task) -> dict[str, Any]:
    """Give what the class is made with."""
    found: dict[str, Any] = {}
    for argument in task.arguments:
        by_name = argument.name in task.named and argument.origin in ("call", "own", "default_args")
        if by_name or (argument.origin == "call" and not _is_of_base(argument.name)):
            found.setdefault(argument.name, argument.value)  # its own come first
    return found


def _is_of_base(name: str) -> bool:
    return name in (*WRITERS, *NOTES, *SAME_AS_DEFAULT, *bounds.NAMES)


def _claims(task: Task, given: Mapping[str, Any]) -> dict[str, Claim]:
    note = f"the class {task.operator} goes along; its execute() runs inside the task"
    claims = {name: equivalent(note, "own-operators") for name in given}
    for one in task.arguments:
        if one.origin == "default_args" and not _is_of_base(one.name) and one.name not in waiting.KNOWN:
            claims.setdefault(one.name, Claim(note=f"{task.operator} does not take it, in Airflow neither"))
    return claims | {argument.name: Claim() for argument in task.arguments if argument.origin == "class"}


def _work(task: Task, site: Site, alone: Operator | None, carried: Operator | None) -> Work:
    """Give the task that makes and runs the operator."""
    name = identifier(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", task.operator))
    key, uses = f"operator:{task.operator}", (task.operator,)
    imports: tuple[str, ...] = ("from typing import Any",)
    if alone is None:
        code = (CARRIED if carried else CODE).format(operator=task.operator)
        runtime = () if carried else ("get_current_context",)
        imports += ("from prefect.runtime import task_run",) if carried else ()
        return Work(key, name, code, uses=uses, imports=imports, runtime=runtime)
    imports += ("from prefect import get_run_logger",) if alone.logs else ()
    shown = ", ".join(f"{one}={one}" for one in alone.names)
    fields = {"operator": task.operator, "parameters": site.source.made_with[task.operator], "given": shown}
    if alone.work == "execute":
        return Work(key, name, PLAIN.format(**fields), uses=uses, imports=imports)
    pace = waiting.pace(task)
    code = SENSOR.format(**fields, pace=pace)
    return Work(f"{key} {pace}", name, code, uses=uses, imports=imports, runtime=("wait_until",))
