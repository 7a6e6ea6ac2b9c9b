"""The names that a module binds, reads and has from Airflow."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator


def global_names(table: symtable.SymbolTable) -> Iterator[str]:
    """Give each name that the functions and classes of a module read from it."""
    for child in table.get_children():
        for symbol in child.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                yield symbol.get_name()
        yield from global_names(child)


def bound_anywhere(tree: ast.Module) -> Iterator[str]:
    """Give each name that the file binds in any scope."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def airflow_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give each name that an import of Airflow binds, at any depth, with its origin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "airflow":
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "airflow":
                    yield alias.asname or "airflow", alias.name
