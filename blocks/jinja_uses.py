"""Which Variables and Connections a Jinja template of Airflow's reads: `var.value.x`, `conn.y`, and so on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes

from blocks.settings import Kind

Read = tuple[Kind, str | None, int]
# For texts that are no valid template as a whole, such as SQL with a stray brace.
_LOOSE = re.compile(
    r"\{[{%][^{}]*?\b(?:var\.(?:value|json)\.(?:get\(\s*['\"](?P<asked>[^'\"]+)|(?P<variable>\w+))"
    r"|conn\.(?:get\(\s*['\"](?P<asked_connection>[^'\"]+)|(?P<connection>\w+)))"
)


def template_reads(text: str) -> Iterator[Read]:
    """Give kind, name (None if computed) and line (from 1) of each setting that a template reads."""
    if "{{" not in text and "{%" not in text:
        return
    try:
        tree = Environment(autoescape=True).parse(text)
    except TemplateSyntaxError:
        yield from _loosely(text)
        return
    called = {id(node.node): node for node in tree.find_all(nodes.Call)}
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = _path(node)
        if path is None:
            continue
        if path[0] == "var" and len(path) == 3 and path[1] in ("value", "json"):
            yield _read("variable", node, path[2], called)
        elif path[0] == "conn" and len(path) == 2:
            yield _read("connection", node, path[1], called)


def _read(kind: Kind, node: nodes.Node, last: str | None, called: dict[int, nodes.Call]) -> Read:
    call = called.get(id(node))
    if last == "get" and call is not None:
        first = call.args[0] if call.args else None
        name = first.value if isinstance(first, nodes.Const) and isinstance(first.value, str) else None
        return kind, name, node.lineno
    return kind, last, node.lineno


def _path(node: nodes.Node) -> list[str | None] | None:
    """Give `["var", "value", "x"]` for `var.value.x`; None for what begins otherwise."""
    parts: list[str | None] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getattr):
            parts.append(node.attr)
        else:
            constant = node.arg
            parts.append(str(constant.value) if isinstance(constant, nodes.Const) else None)
        node = node.node
    if not isinstance(node, nodes.Name):
        return None
    return [node.name, *reversed(parts)]


def _loosely(text: str) -> Iterator[Read]:
    for found in _LOOSE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        variable = found["asked"] or found["variable"]
        if variable:
            yield "variable", variable, line
        else:
            yield "connection", found["asked_connection"] or found["connection"], line
