"""What an operator is mapped over, by the names that its Prefect task's function has for it.

As in Airflow, a mapped value is taken as it is: templates in it are not filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migration.graph import Task
from migration.writing.plan import RefusedError


def mapped_arguments(
    task: Task, names: Mapping[str, str]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]] | None]:
    """Give the values whose product it is mapped over, or the arguments of each copy.

    Raises RefusedError for an argument without a name, and for what is only known at run time.
    """
    if task.mapping is None:
        return None, None
    arguments = dict(task.mapping.arguments)
    if task.mapping.kind == "expand":
        _require(arguments, names)
        return {names[name]: value for name, value in arguments.items()}, None
    rows = arguments["kwargs"]
    if not isinstance(rows, list) or not all(_is_plain(row) for row in rows):
        raise RefusedError("expand_kwargs over what is only known at run time; use expand", "expand_kwargs")
    for row in rows:
        _require(row, names)
    return None, [{names[name]: value for name, value in row.items()} for row in rows]


def _require(arguments: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for name in arguments:
        if name not in names:
            known = ", ".join(names)
            raise RefusedError(f"mapped over {name}; it can be over {known}", "expand")


def _is_plain(row: Any) -> bool:
    return isinstance(row, dict) and not any(name.startswith("$") for name in row)
