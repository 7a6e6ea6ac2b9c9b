"""BranchDayOfWeekOperator: go one way on these days, the other way on others."""

from __future__ import annotations

from migration.constructs import construct
from migration.graph import Task
from migration.plan import Claim, Code, RefusedError, Work, Written
from migration.site import Site
from migration.weekdays import numbers_of

CODE = '''def @NAME@(days: set[int], if_true: str | list[str], if_false: str | list[str]) -> str | list[str]:
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
    moment = 'get_current_context()["logical_date"]' if by_run else "datetime.now(UTC)"
    work = Work(
        f"branch weekday {by_run}", "choose_by_day", CODE.format(moment=moment),
        imports=() if by_run else ("from datetime import UTC, datetime",),
        runtime=("get_current_context",) if by_run else (),
    )  # fmt: skip
    args = (
        Code(repr(numbers_of(task.get("week_day")))),
        task.get("follow_task_ids_if_true"),
        task.get("follow_task_ids_if_false"),
    )
    return Written(work, args, kind="branch", claims={n: Claim() for n in KNOWN if task.has(n)}, tracked=True)
