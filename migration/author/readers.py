"""Whose results a DAG file may look up, as far as its text says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

PULL = re.compile(r"xcom_pull\(([^()]*)\)?")
QUOTED = re.compile(r"""['"]([^'"]*)['"]""")


def may_pull(text: str, task_id: str) -> bool:
    """Say whether a file may pull what a task has pushed: it names the id, or computes one."""
    return any(ids is None or task_id in ids for ids in _pulled(text))


def _pulled(text: str) -> Iterator[frozenset[str] | None]:
    """Give the ids that each pull names; None where the text does not say them all."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "xcom_pull":
                yield _named(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "xcom_pull" in node.value:
            for inside in PULL.findall(node.value):
                yield frozenset(QUOTED.findall(inside)) or None


def _named(call: ast.Call) -> frozenset[str] | None:
    given = [one.value for one in call.keywords if one.arg == "task_ids"] or call.args[:1]
    if not given:
        return None
    one = given[0]
    parts = one.elts if isinstance(one, ast.List | ast.Tuple | ast.Set) else [one]
    texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
    return None if None in texts else frozenset(str(text) for text in texts)
