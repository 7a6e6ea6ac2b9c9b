"""Which outcomes a written flow with branches and rules is tried with: each way, and tasks that fail."""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

from migration.checker.rules import behind, is_simple, kind_of
from migration.graph import Dag, Task

MOST_CALLS = 3000
"""Of tasks, in all tries of one flow."""
MOST_WAYS = 64
MOST_SIMPLE = 30
"""Failures tried of a flow without rules."""
FOLLOWED = ("follow_task_ids_if_true", "follow_task_ids_if_false")


def scripts_for(dag: Dag, source: str) -> list[dict[str, Any]]:
    """Give the outcomes to try, every decision first."""
    if not dag.tasks:
        return []
    names = [task.task_id for task in dag.tasks]
    if is_simple(dag):
        return [{}, *({name: {"fails": True}} for name in names[:MOST_SIMPLE])]
    ways = _ways(dag, source)
    found = [*ways, {name: {"fails": True, "all": True} for name in names}]
    for way in _sample(ways, 16):
        found += [{**way, name: {"fails": True}} for name in names]
    for way in _sample(ways, 6):
        found += [{**way, left: {"fails": True}, right: {"fails": True}}
                  for left, right in itertools.combinations(names, 2)]  # fmt: skip
    return found[: max(len(ways), MOST_CALLS // len(names))]


def _sample(ways: Sequence[Any], most: int) -> list[Any]:
    """Give some, always the same ones."""
    chosen = random.Random(7).sample(range(len(ways)), min(most, len(ways)))  # noqa: S311 - nothing secret
    return [ways[number] for number in sorted(chosen)]


def _ways(dag: Dag, source: str) -> list[dict[str, Any]]:
    deciders = {task.task_id: _values(task, dag, source) for task in dag.tasks}
    deciders = {name: values for name, values in deciders.items() if values}
    first = {name: {"value": values[0]} for name, values in deciders.items()}
    single = [{**first, name: {"value": value}} for name, values in deciders.items() for value in values]
    size = 1
    for values in deciders.values():
        size *= len(values)
    if size <= MOST_WAYS:
        rows: Iterator[Any] = itertools.product(*deciders.values())
        return [dict(zip(deciders, ({"value": one} for one in row), strict=True)) for row in rows]
    chance = random.Random(7)  # noqa: S311 - nothing secret
    more = [{name: {"value": chance.choice(values)} for name, values in deciders.items()}
            for _ in range(MOST_WAYS)]  # fmt: skip
    return [first, *single, *more]


def _values(task: Task, dag: Dag, source: str) -> list[Any]:
    """Give what a task that decides may return."""
    kind = kind_of(task)
    if kind in ("short_circuit", "soft_short_circuit"):
        return [True, False]
    if kind != "branch":
        return []
    after = dag.after(task.task_id)
    known = known_values(task, source)
    given = {name for one in known for name in (one if isinstance(one, list) else [one])}
    reached = given.union(*(behind(dag).get(one, set()) for one in given))
    if known and given <= {one.task_id for one in dag.tasks} and set(after) <= reached:
        return known
    own = {dag.task(name).group for name in after} - {task.group, None}
    groups = sorted(str(name) for name in own)
    return [*after, *groups, *_beside(task, dag), *([after] if len(after) > 1 else []), None]


def known_values(task: Task, source: str) -> list[Any]:
    """Give what a branch may return, where its arguments or its text say so; else nothing."""
    followed = [task.get(name) for name in FOLLOWED]
    return followed if all(followed) else _returns(task, source)


def _beside(task: Task, dag: Dag) -> list[str]:
    """Give two tasks not behind a branch that it may name: one before its ways, one apart."""
    later = behind(dag)
    ways = set(dag.after(task.task_id))
    own = later[task.task_id] | {task.task_id}
    other = [name for name in later if name not in own and task.task_id not in later[name]]
    leading = [name for name in other if later[name] & ways]
    apart = [name for name in other if not later[name] & ways]
    return [*leading[:1], *apart[:1]]


def _returns(task: Task, source: str) -> list[Any]:
    """Give the fixed texts that the author's function returns; nothing if it may return anything else."""
    reference = task.get("python_callable")
    if not isinstance(reference, dict) or "$callable" not in reference:
        return []
    line = int(reference["line"])
    for node in ast.walk(ast.parse(source)):
        lines = [getattr(node, "lineno", 0), *(one.lineno for one in getattr(node, "decorator_list", []))]
        if isinstance(node, ast.FunctionDef) and line in lines:
            return _of_function(node)
    lambdas = [
        one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Lambda) and one.lineno == line
    ]
    return _texts(lambdas[0].body) or [] if len(lambdas) == 1 else []


def _of_function(node: ast.FunctionDef) -> list[Any]:
    inside = [one for part in node.body for one in ast.walk(part)]
    if any(
        isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Yield) for one in inside
    ):
        return []
    found = [_texts(one.value) for one in inside if isinstance(one, ast.Return)]
    if None in found or _runs_through(node.body):
        return []
    return list(dict.fromkeys(text for texts in found for text in texts or []))


def _texts(node: ast.expr | None) -> list[str] | None:
    if isinstance(node, ast.IfExp):
        left, right = _texts(node.body), _texts(node.orelse)
        return None if left is None or right is None else [*left, *right]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _runs_through(body: Sequence[ast.stmt]) -> bool:
    """Say whether a run may get to the end of these statements, and so return None."""
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return False
    if isinstance(last, ast.If) and last.orelse:
        return _runs_through(last.body) or _runs_through(last.orelse)
    return True
