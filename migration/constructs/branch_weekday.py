"""BranchDayOfWeekOperator: go one way on these days, the other way on others."""

from __future__ import annotations

from migration.arguments.weekdays import moment_of, numbers_of
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, Code, RefusedError, Work, Written
from migration.writing.site import Site

CODE = '''def @NAME@({given}days: set[int], if_true: Any, if_false: Any) -> Any:
    """Choose by the day of the week, Monday being 1, UTC."""
    moment = {moment}
    return if_true if moment.isoweekday() in days else if_false
'''
KNOWN = ("follow_task_ids_if_true", "follow_task_ids_if_false", "week_day", "use_task_logical_date",
         "use_task_execution_day")  # fmt: skip


@construct("BranchDayOfWeekOperator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None:
        raise RefusedError("a mapped branch", "expand")
    by_run = bool(task.get("use_task_logical_date") or task.get("use_task_execution_day"))
    now = moment_of(by_run, task, site)
    work = Work(
        f"branch weekday {by_run}", "choose_by_day", CODE.format(moment=now.code, given=now.parameter),
        imports=("from datetime import UTC, datetime", "from typing import Any"), runtime=now.runtime,
    )  # fmt: skip
    args = (
        *now.args,
        Code(repr(numbers_of(task.get("week_day")))),
        task.get("follow_task_ids_if_true"),
        task.get("follow_task_ids_if_false"),
    )
    claims = {name: Claim() for name in KNOWN if task.has(name)}
    return Written(work, args, kind="branch", claims=claims, tracked=bool(now.runtime))
