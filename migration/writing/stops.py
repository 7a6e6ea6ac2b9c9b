"""What a written task would do otherwise than Airflow, whichever construct wrote it."""

from __future__ import annotations

import ast
from typing import Any

from migration.author.nothing import may_give_nothing
from migration.graph import Task
from migration.writing.plan import RefusedError, Work, Written
from migration.writing.site import JINJA, Site


def stop_at_own_params(task: Task, written: Written, site: Site) -> None:
    """Refuse a task whose function may look up parameters that only this task has.

    Raises RefusedError.
    """
    work = written.work
    if not task.get("params") or not (work.with_context or "get_current_context" in work.runtime):
        return
    names = [*work.uses, *([work.function] if work.function else _names_of(work))]
    kept, _ = site.source.closure(names)
    if any("params" in text for text in (work.code, *(one.code for one in kept if not one.is_import))):
        raise RefusedError("its function may look up parameters of its own; give them to the DAG", "params")


def _names_of(work: Work) -> list[str]:
    if not work.code.startswith("@VALUE@"):
        return []
    tree = ast.parse(work.code.removeprefix("@VALUE@"))
    return [one.id for one in ast.walk(tree) if isinstance(one, ast.Name)]


def stop_at_mapped_templates(task: Task, written: Written) -> None:
    """Refuse templates in fixed values that a task is mapped over: nothing would render them.

    Raises RefusedError.
    """
    if task.mapping is not None and _has_template([dict(written.over or {}), written.each]):
        raise RefusedError("templates in what it is mapped over; make them in a task", task.mapping.kind)


def _has_template(value: Any) -> bool:
    if isinstance(value, str):
        return any(sign in value for sign in JINJA)
    if isinstance(value, dict | list):
        return any(_has_template(one) for one in (value.values() if isinstance(value, dict) else value))
    return False


def may_lack(task: Task, written: Written, site: Site) -> bool:
    """Say whether copies of a task may give None, which Airflow leaves out of the list of their results."""
    if written.zipped or (written.over is None and written.each is None) or not written.work.function:
        return False
    statement = site.source.defining(written.work.function)
    is_read = any(edge.upstream == task.task_id and edge.kind == "data" for edge in site.dag.edges)
    return bool(is_read and statement and may_give_nothing(statement.code))
