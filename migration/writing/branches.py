"""What a task that decides can decide: the ids that a branch may return, where its text says so."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from migration.graph import Dag, Task
from migration.writing.site import Site

FOLLOWED = ("follow_task_ids_if_true", "follow_task_ids_if_false")


def choices_of(task: Task, dag: Dag, site: Site) -> tuple[str, ...] | None:
    """Give the ids that a branch goes to, one at a time; None if it may give several, none, or others."""
    found = _named(task, site)
    known = bool(found) and all(isinstance(one, str) for one in found)
    after = set(dag.after(task.task_id))
    if not known or not set(found) <= after or not all(reaches(dag, found, one) for one in after):
        return None
    return tuple(dict.fromkeys(found))


def _named(task: Task, site: Site) -> list[Any]:
    """Give what a branch names, where its arguments or its text say so; else nothing."""
    if task.operator.startswith("Branch") and all(task.get(name) for name in FOLLOWED):
        return [task.get(name) for name in FOLLOWED]
    return _returned(task.get("python_callable"), site)


def ways_of(task: Task, dag: Dag, site: Site, plain: bool) -> tuple[str, ...]:
    """Give the ids that Airflow takes from a branch, all tasks and groups; nothing if it names no others.

    `plain`: without what is before it, which would mean every way at once.
    """
    ids = [*(one.task_id for one in dag.tasks), *(one.group_id for one in dag.groups)]
    taken = ids if not plain else _without_those_before(ids, task, dag)
    named = [
        one for several in _named(task, site) for one in (several if isinstance(several, list) else [several])
    ]
    return () if named and all(one in taken for one in named) else tuple(taken)


def nameless_groups(dag: Dag) -> dict[str, list[str]]:
    """Give the tasks in each group whose id does not begin their names: a branch may name it all the same."""
    parents = {group.group_id: group.parent for group in dag.groups}
    found: dict[str, list[str]] = {}
    for task in dag.tasks:
        group = task.group
        while group is not None:
            if not task.task_id.startswith(f"{group}."):
                found.setdefault(group, []).append(task.task_id)
            group = parents.get(group)
    return found


def _without_those_before(ids: list[str], task: Task, dag: Dag) -> list[str]:
    before, waiting = {task.task_id}, [task.task_id]
    while waiting:
        more = set(dag.before(waiting.pop())) - before
        before |= more
        waiting += more
    around = {dag.task(one).group for one in before}
    for group in reversed(dag.groups):
        around |= {group.parent} if group.group_id in around else set()
    return [one for one in ids if one not in before and one not in around]


def reaches(dag: Dag, chosen: list[Any], task_id: str) -> bool:
    """Say whether a task is one of those chosen, or behind one of them."""
    return task_id in chosen or any(reaches(dag, chosen, one) for one in dag.before(task_id))


def _returned(reference: Any, site: Site) -> list[Any]:
    """Give the fixed values that a function of this file returns; nothing if there are others."""
    signature = (
        site.signature(reference) if isinstance(reference, dict) and "$callable" in reference else None
    )
    if signature is None or signature.driven:
        return []
    node = ast.parse(textwrap.dedent(signature.text)).body[0]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Lambda):
        return _fixed(node.value.body)
    if not isinstance(node, ast.FunctionDef) or not _ends(node.body):
        return []
    values = [_fixed(one.value) for one in ast.walk(node) if isinstance(one, ast.Return)]
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    has_inner = any(isinstance(one, inner) for part in node.body for one in ast.walk(part))
    return [] if has_inner or not all(values) else [one for several in values for one in several]


def _fixed(node: ast.expr | None) -> list[Any]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        ways = [_fixed(node.body), _fixed(node.orelse)]
        return [*ways[0], *ways[1]] if all(ways) else []
    return []


def _ends(body: list[ast.stmt]) -> bool:
    """Say whether the statements always end in a return or an error."""
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _ends(last.body) and _ends(last.orelse)
    return isinstance(last, ast.Return | ast.Raise)
