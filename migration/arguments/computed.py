"""Values that a DAG file computes from the clock, or by chance, while it is read.

Airflow reads the file anew for each task that it runs, so such an expression belongs into the flow; where it
cannot stand there, the task is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from migration.graph import Dag, Task
from migration.writing.plan import Claim, Code, RefusedError, Written, equivalent
from migration.writing.site import Site

AGAIN = equivalent("computed when the flow calls the task; Airflow reads the file again for it", "computed")
REASON = "it is computed while the file is read, of the clock, by chance or of a folder of its own"
FIXED = ("python_callable", "start_date")
UNUSED = ("venv_cache_path", "owner")
"""Arguments that a flow does nothing with."""


def placed(dag: Dag, site: Site) -> Dag:
    """Give the DAG with the expressions that can stand in the flow as code."""
    return replace(dag, tasks=tuple(_placed_task(task, site) for task in dag.tasks))


def _placed_task(task: Task, site: Site) -> Task:
    if not any(_is_computed(one.value) for one in task.arguments):
        return task
    arguments = [
        one if one.name in FIXED else replace(one, value=_placed(one.value, site)) for one in task.arguments
    ]
    return replace(task, arguments=tuple(arguments))


def _placed(value: Any, site: Site) -> Any:
    if isinstance(value, list):
        return [_placed(one, site) for one in value]
    if not isinstance(value, dict):
        return value
    if "$computed" not in value:
        return {key: _placed(one, site) for key, one in value.items()}
    text = str(value["$computed"])
    if not text or any("{{" in str(one) or "{%" in str(one) for one in value["was"]):
        return value
    text = _by_classes(text, site)
    names = {one.id for one in ast.walk(ast.parse(text, mode="eval")) if isinstance(one, ast.Name)}
    own = {one.arg for one in ast.walk(ast.parse(text, mode="eval")) if isinstance(one, ast.arg)}
    own |= {line.rpartition(" ")[2] for line in site.imports}
    try:
        site.require(sorted(names - own))
    except RefusedError as error:
        return {**value, "why": error.reason}
    return Code(text)


class _Classes(ast.NodeTransformer):
    """Writes `datetime.date` as `date`."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "datetime":
            self.names.add(node.attr)
            return ast.Name(node.attr, ast.Load())
        self.generic_visit(node)
        return node


def _by_classes(text: str, site: Site) -> str:
    """Give an expression with the classes of the module `datetime` by name, as the flow imports them."""
    if not any(one.is_import and one.code.strip() == "import datetime" for one in site.source.statements):
        return text
    classes = _Classes()
    new = ast.unparse(classes.visit(ast.parse(text, mode="eval")))
    if classes.names & (site.source.all_bound - {"datetime"}):
        return text
    site.imports |= {f"from datetime import {name}" for name in classes.names}
    return new


def stop(task: Task) -> None:
    """Refuse a task with a value that cannot be computed in the flow.

    Raises RefusedError.
    """
    for argument in task.arguments:
        if argument.name in UNUSED:
            continue
        for one in _marks(argument.value):
            why = f"; {one['why']}" if "why" in one else ""
            raise RefusedError(f"{REASON}{why}; compute it in the task", argument.name)
    if task.mapping is not None and any(_is_computed(one) for one in task.mapping.arguments.values()):
        raise RefusedError(f"{REASON}; compute it in a task", task.mapping.kind)


def claims_of(task: Task, written: Written) -> dict[str, Claim]:
    """Claim the arguments that are computed in the flow.

    Raises RefusedError where an argument is no value of the task's call.
    """
    passed = [id(one) for one in _codes([*written.args, *written.kwargs.values()])]
    found = {}
    for argument in task.arguments:
        codes = list(_codes(argument.value)) if argument.name not in UNUSED else []
        if any(id(one) not in passed for one in codes):
            raise RefusedError(f"{REASON}; give a fixed value", argument.name)
        if codes:
            found[argument.name] = AGAIN
    return found


def _is_computed(value: Any) -> bool:
    return any(True for _ in _marks(value))


def _marks(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and "$computed" in value:
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _marks(one)


def _codes(value: Any) -> Iterator[Code]:
    if isinstance(value, Code):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _codes(one)
