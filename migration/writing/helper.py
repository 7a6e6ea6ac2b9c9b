"""A piece of Python that is written into a flow's file instead of an import of the runtime."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Helper:
    """A function or class, and the imports that it needs."""

    code: str
    imports: tuple[str, ...]


def of_runtime(module: str, function: str) -> str:
    """Give the text of one of the runtime's functions that stands alone."""
    text = (Path(__file__).parents[1] / "runtime" / f"{module}.py").read_text()
    [found] = [
        node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    return f"{ast.get_source_segment(text, found)}\n"
