"""What the authors' code asks of Airflow's database hook beyond what the runtime's has."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

HOOK = "PostgresHook"
OFFERED = frozenset({
    "get_conn", "get_sqlalchemy_engine", "run", "get_records", "get_first", "get_pandas_df", "get_df",
    "insert_rows", "copy_expert", "bulk_load", "bulk_dump", "get_uri", "get_connection", "log",
    "conn_name_attr",
})  # fmt: skip
"""A test compares it with the runtime's hook."""


def lacking(texts: Iterable[str]) -> list[str]:
    """Give the hook's methods and attributes that the texts use and nothing gives."""
    found: set[str] = set()
    for text in texts:
        if HOOK in text:
            found |= {name for scope in _scopes(ast.parse(text)) for name in _asked(scope)}
    return sorted(found - OFFERED)


def _scopes(tree: ast.Module) -> Iterator[list[ast.AST]]:
    """Give the nodes of the module and of each function, without those of the functions inside."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        nodes, left = [], list(ast.iter_child_nodes(waiting.pop()))
        while left:
            node = left.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                waiting.append(node)
            else:
                nodes.append(node)
                left += ast.iter_child_nodes(node)
        yield nodes


def _asked(nodes: list[ast.AST]) -> Iterator[str]:
    """Give what is asked of hooks that are made in these nodes."""
    named = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _is_made(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Attribute) and (
            _is_made(node.value) or (isinstance(node.value, ast.Name) and node.value.id in named)
        ):
            yield node.attr


def _is_made(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == HOOK
