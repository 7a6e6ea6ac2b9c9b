"""Which names' values a statement changes in place: `names.append(1)`, `table["a"] = 1`, also in a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

CHANGING = frozenset(
    {
        "append", "extend", "insert", "update", "add", "setdefault", "pop", "popitem", "remove", "discard",
        "clear", "sort", "reverse", "appendleft", "extendleft",
    }
)  # fmt: skip


def touched(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Give the names; what functions and classes do later does not count."""
    for node in _run_at_once(statements):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield from _root(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            yield from _root(node.func)
        if isinstance(node, ast.AugAssign):
            yield from _root(node.target)


def _run_at_once(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield node
            yield from _run_at_once(list(ast.iter_child_nodes(node)))


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
