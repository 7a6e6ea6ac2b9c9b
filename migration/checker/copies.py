"""The copies of a mapped task must be given the values that it is mapped over, in their order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from migration.graph import Expansion, Task


def other_rows(task: Task, mapping: Expansion, call: Mapping[str, Any]) -> Iterator[str]:
    """Give a sentence if the copies have other values; nothing where these are only known at run time."""
    wanted = _wanted(mapping)
    if wanted is None:
        return
    given = call["copies"] or (call["over"] or {}).get("each") or []
    found = [list(row.values()) if isinstance(row, dict) else row for row in given]
    if len(found) == len(wanted) and not _is_tagged(wanted) and found != wanted:
        yield f"{task.task_id} has copies with other values"
    if len(found) != len(wanted):
        yield f"{task.task_id} has {len(found)} copies instead of {len(wanted)}"


def _wanted(mapping: Expansion) -> list[list[Any]] | None:
    """Give each copy's values."""
    values = list(mapping.arguments.values())
    if not all(isinstance(one, list) for one in values):
        return None
    if mapping.kind == "expand_kwargs" or list(mapping.arguments) in (["op_kwargs"], ["op_args"]):
        rows = [list(row.values()) if isinstance(row, dict) else row for row in values[0]]
        return rows if all(isinstance(row, list) for row in rows) else None
    return [list(row) for row in itertools.islice(itertools.product(*values), 10_000)]


def _is_tagged(value: Any) -> bool:
    """Say whether there is more in it than plain values."""
    if isinstance(value, dict):
        return any(str(key).startswith("$") or _is_tagged(one) for key, one in value.items())
    if isinstance(value, list):
        return any(_is_tagged(one) for one in value)
    return isinstance(value, str) and "\u27e6" in value
