"""What an author's operator class takes, and which of it Airflow renders, by its `template_fields`."""

from __future__ import annotations

import inspect
import re
from typing import Any

from migration.standin.operators import BaseOperator

PIECE = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
OURS = frozenset({"making", "late", "base", "call", "from_defaults", "making_spot", "spot", "group", "edges",
                  "marks", "dag", "decorator", "mapping", "base_given"})  # fmt: skip
"""Attributes of a task that are the stand-in's."""


def parameters(operator: type) -> list[str]:
    """Give the names that the `__init__` of a class and of those of the author's below it have."""
    found: dict[str, None] = {}
    for one in operator.__mro__:
        if one is BaseOperator or one.__dict__.get("standin"):
            break
        if "__init__" in one.__dict__:
            given = inspect.signature(one.__dict__["__init__"]).parameters.values()
            names = [each.name for each in given if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
            found |= dict.fromkeys(names[1:])
    return [name for name in found if name != "task_id"]


def kept_by_class(task: Any, named: list[str]) -> dict[str, Any]:
    """Give the arguments that the class takes without handing them to Airflow's base or being called so."""
    state = task.__dict__
    handed_on = state.get("base_given", task.call)
    taken = [name for name in named if name in task.call and name not in handed_on]
    return {name: task.call[name] for name in taken if name not in state or state[name] != task.call[name]}


def arguments(task: Any, operator: type, given: dict[str, Any]) -> list[list[Any]]:
    """Give the arguments with templates that reach fields that are rendered: (name, only such)."""
    fields = _fields(operator)
    if "mapping" in task.__dict__:
        return [[name, True] for name in given if {name, f"_{name}"} & fields]
    kept = task.__dict__.keys() - OURS - (task.base.keys() - fields)
    found: dict[str, list[bool]] = {}
    for attribute in sorted(kept):
        for name in _sources(attribute, task.__dict__[attribute], given):
            found.setdefault(name, []).append(attribute in fields)
    return [[name, all(where)] for name, where in found.items() if any(where)]


def _sources(attribute: str, value: Any, given: dict[str, Any]) -> list[str]:
    """Give the arguments whose templates an attribute has."""
    pieces = set(_pieces(value))
    sharing = [name for name, one in given.items() if pieces & set(_pieces(one))]
    same = [name for name in sharing if given[name] is value or given[name] == value]
    named = [name for name in same if name == attribute.lstrip("_")]
    return named or same or sharing


def _fields(operator: type) -> set[str]:
    known = getattr(operator, "template_fields", ())
    return {known} if isinstance(known, str) else {str(one) for one in known}


def _pieces(value: Any, depth: int = 0) -> list[str]:
    if isinstance(value, str):
        return PIECE.findall(value)
    if depth > 12:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    parts = value if isinstance(value, list | tuple | set) else ()
    return [piece for one in parts for piece in _pieces(one, depth + 1)]
