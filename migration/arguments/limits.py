"""Pools, and limits of single tasks: tags, whose concurrency limits are made once on Prefect's server."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from migration.graph import Dag, Task
from migration.standin.symbols import OPEN
from migration.writing.literals import quoted
from migration.writing.plan import Claim, RefusedError, equivalent

BANNED = re.compile(r"[/%&<>]")
"""What Prefect's server takes in a tag, but not in the name of its limit."""
OF_TASK = ("max_active_tis_per_dag", "task_concurrency")


def pool(value: Any, task: Task, dag: Dag, options: dict[str, str]) -> Claim:
    """Tag the task with its pool.

    Raises RefusedError.
    """
    if not isinstance(value, str) or OPEN in value:
        raise RefusedError("a pool that is only known at run time; give the export with --settings", "pool")
    return _tagged(options, _of_pool(value), None)


def own(value: Any, task: Task, dag: Dag, options: dict[str, str]) -> Claim:
    """Tag the task with itself.

    Raises RefusedError.
    """
    if not isinstance(value, int):
        raise RefusedError("a number that is only known at run time; give the export with --settings")
    return _tagged(options, _of_task(task, dag), value)


def limits_of(tasks: Iterable[Task], dag: Dag) -> dict[str, int | None]:
    """Give the number for each tag that needs a limit; None where only Airflow knows the pool's slots."""
    return {tag: slots for task in tasks for tag, slots in _tags(task, dag)}


def command(tag: str, slots: int | None) -> str:
    """Give the command that makes the limit."""
    return f"prefect concurrency-limit create {shlex.quote(tag)} {'SLOTS' if slots is None else slots}"


def _tags(task: Task, dag: Dag) -> Iterator[tuple[str, int | None]]:
    name = task.get("pool")
    if isinstance(name, str) and name != "default_pool":
        yield _of_pool(name), None
    for one in OF_TASK:
        if isinstance(task.get(one), int):
            yield _of_task(task, dag), task.get(one)


def _of_pool(name: str) -> str:
    return BANNED.sub("_", f"pool:{name}")


def _of_task(task: Task, dag: Dag) -> str:
    return f"task:{dag.dag_id}.{task.task_id}"


def _tagged(options: dict[str, str], tag: str, slots: int | None) -> Claim:
    known = options.get("tags", "{}")[1:-1]
    options["tags"] = "{" + ", ".join(one for one in (known, quoted(tag)) if one) + "}"
    return equivalent(f"make its limit once: {command(tag, slots)}", "pools")
