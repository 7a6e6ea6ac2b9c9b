"""Formats a flow's file, and leaves the author's own lines as they are where they would become more."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Collection

from migration.writing.long_texts import folded

FIXED = "F401,I,E703,W29"
"""Imports that nothing uses and their order, semicolons and spaces at the ends of lines."""
OPTIONS = ("--quiet", "--isolated", "--line-length", "110", "-")


def formatted(text: str, ruff: str | None, own: Collection[str]) -> str:
    """Give the text formatted if there is a ruff to do it. `own`: names that the author's statements bind."""
    if ruff is None:
        return text
    text = _told(text, [ruff, "check", "--fix-only", "--select", FIXED, *OPTIONS])
    text = _kept(text, _told(text, [ruff, "format", *OPTIONS]), own)
    authors = [one for one in ast.parse(text).body if _names(one) & set(own)]
    return folded(text, {line for one in authors for line in range(one.lineno, (one.end_lineno or 0) + 1)})


def _told(text: str, command: list[str]) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 and done.stdout else text


def _kept(before: str, after: str, own: Collection[str]) -> str:
    """Put statements of the author's back that take more lines formatted."""
    old, lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pairs = list(zip(ast.parse(before).body, ast.parse(after).body, strict=True))
    for one, new in reversed(pairs):
        first, last = one.lineno - 1, one.end_lineno or one.lineno
        place, end = new.lineno - 1, new.end_lineno or new.lineno
        if _names(one) & set(own) and last - first < end - place:
            lines[place:end] = old[first:last]
    return "".join(lines)


def _names(statement: ast.stmt) -> set[str]:
    """Give the names that a statement binds; a function's lines begin behind its decorators."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {one.id for one in targets if isinstance(one, ast.Name)}
