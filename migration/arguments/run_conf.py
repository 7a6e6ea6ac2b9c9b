"""What templates take out of the run's conf, as plain Python over the flow's parameter `conf`."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import nodes

KEY = re.compile(r"[\w .:/-]+")
"""Texts that can stand in quotes between the braces of an f-string."""


def of_conf(node: nodes.Node) -> tuple[str, bool] | None:
    """Give the expression, and whether it may raise; None if it is not of the run's conf."""
    if _is_conf(node):
        return "conf", False
    if (key := _key(node)) is not None:
        return f"conf[{key!r}]", True
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and _is_conf(node.node.node):
        given = [_constant(one) for one in node.args]
        fits = node.node.attr == "get" and len(given) in (1, 2) and not (node.kwargs or node.dyn_args)
        return (
            (f"conf.get({', '.join(str(one) for one in given)})", False)
            if fits and None not in given
            else None
        )
    if isinstance(node, nodes.Filter) and node.name in ("default", "d") and node.node is not None:
        return _with_default(node)
    if isinstance(node, nodes.Or):
        left, right = of_conf(node.left), _constant(node.right)
        return (f"{left[0]} or {right}", left[1]) if left and right else None
    return None


def _with_default(node: nodes.Filter) -> tuple[str, bool] | None:
    inner = node.node
    given = [_constant(one) for one in node.args]
    if inner is None or node.kwargs or None in given or not 1 <= len(given) <= 2:
        return None
    falsy = given[1:] == ["True"]
    if (key := _key(inner)) is not None:
        return (f"conf.get({key!r}) or {given[0]}" if falsy else f"conf.get({key!r}, {given[0]})"), False
    found = of_conf(inner)
    if found is None or found[1]:
        return None
    return (f"{found[0]} or {given[0]}" if falsy else found[0]), False


def _is_conf(node: nodes.Node) -> bool:
    owner = node.node if isinstance(node, nodes.Getattr) and node.attr == "conf" else None
    return isinstance(owner, nodes.Name) and owner.name == "dag_run"


def _key(node: nodes.Node) -> str | None:
    """Give the key that is looked up in the conf by brackets or a dot."""
    key: Any = None
    if isinstance(node, nodes.Getattr) and _is_conf(node.node):
        key = node.attr
    elif isinstance(node, nodes.Getitem) and _is_conf(node.node) and isinstance(node.arg, nodes.Const):
        key = node.arg.value
    return key if isinstance(key, str) and KEY.fullmatch(key) and not hasattr(dict, key) else None


def _constant(node: nodes.Node) -> str | None:
    """Give a fixed text or number as code that can stand between the braces of an f-string."""
    value = fixed(node)
    if isinstance(value, str):
        return repr(value) if not value or KEY.fullmatch(value) else None
    is_none = isinstance(node, nodes.Const) and value is None
    return repr(value) if is_none or isinstance(value, bool | int) else None


def fixed(node: nodes.Node) -> Any:
    """Give the value of a fixed text or number; None for all else."""
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
        return -node.node.value if isinstance(node.node.value, int) else None
    return node.value if isinstance(node, nodes.Const) else None
