"""What else of a file may have a part in its XComs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection
from typing import Any

from migration.author.source import Source, Statement


def calls_others(giver: Statement, source: Source) -> bool:
    """Say whether a function needs what is not of this file and not Python's own, which may push, too."""
    needed, _ = source.closure([*giver.needs])
    for node in (node for one in needed if one.is_import for node in ast.walk(ast.parse(one.code))):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [f"{node.module}"] if isinstance(node, ast.ImportFrom) else []
        if any(name.partition(".")[0] not in sys.stdlib_module_names for name in names):
            return True
    return False


def refers(value: Any, path: str, lines: Collection[int]) -> bool:
    """Say whether a recorded value has one of the functions that begin on these lines of the file."""
    if isinstance(value, dict):
        own = "$callable" in value and value.get("file") == path and int(value["line"]) in lines
        return own or any(refers(one, path, lines) for one in value.values())
    return isinstance(value, list | tuple) and any(refers(one, path, lines) for one in value)
