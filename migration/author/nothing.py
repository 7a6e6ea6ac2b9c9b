"""Whether a function may return None, as far as its text says: Airflow keeps no result then."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence


def may_give_nothing(code: str) -> bool:
    """Say whether a function's text has a way that returns None, beside ways that return something."""
    node = ast.parse(code).body[0]
    if not isinstance(node, ast.FunctionDef):
        return False
    returns = list(_returns(node.body))
    ends = [end for one in returns for end in ([None] if one.value is None else _ends(one.value))]
    return bool(returns) and (any(_is_none(end) for end in ends) or _runs_through(node.body))


def _returns(body: Sequence[ast.AST]) -> Iterator[ast.Return]:
    for node in body:
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield from _returns(list(ast.iter_child_nodes(node)))


def _ends(node: ast.expr) -> Iterator[ast.expr]:
    """Give what an expression may come to."""
    if isinstance(node, ast.IfExp):
        yield from [*_ends(node.body), *_ends(node.orelse)]
    elif isinstance(node, ast.BoolOp):
        yield from (one for value in node.values for one in _ends(value))
    else:
        yield node


def _is_none(node: ast.expr | None) -> bool:
    is_get = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".get") and len(node.args) == 1
    return node is None or is_get or (isinstance(node, ast.Constant) and node.value is None)


def _runs_through(body: Sequence[ast.stmt]) -> bool:
    """Say whether a run may get to the end of these statements."""
    last = body[-1]
    if isinstance(last, ast.With | ast.AsyncWith):
        return _runs_through(last.body)
    if isinstance(last, ast.Try):
        parts = [last.orelse or last.body, *(one.body for one in last.handlers)]
        return _runs_through(last.finalbody or [ast.Pass()]) and any(_runs_through(part) for part in parts)
    if isinstance(last, ast.If):
        return not last.orelse or _runs_through(last.body) or _runs_through(last.orelse)
    return not isinstance(last, ast.Return | ast.Raise | ast.While)
