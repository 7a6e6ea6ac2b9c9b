"""DayOfWeekSensor: wait until it is one of these days."""

from __future__ import annotations

from migration.arguments import waiting
from migration.arguments.weekdays import numbers_of
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Code, RefusedError, Work, Written
from migration.writing.site import Site

CODE = '''def @NAME@(days: set[int]) -> None:
    """Wait until it is one of these days, Monday being 1, UTC."""
    wait_until(lambda: datetime.now(UTC).isoweekday() in days, {pace})
'''


@construct("DayOfWeekSensor")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.get("use_task_logical_date") or task.get("use_task_execution_day") or task.mapping is not None:
        raise RefusedError(
            "a day that is compared with the logical date never changes", "use_task_logical_date"
        )
    pace = waiting.pace(task)
    days = Code(repr(numbers_of(task.get("week_day"))))
    work = Work(f"weekday:{pace}", "wait_for_day", CODE.format(pace=pace),
                imports=("from datetime import UTC, datetime",), runtime=("wait_until",))  # fmt: skip
    claims = waiting.claims_of(task, "week_day", "use_task_logical_date", "use_task_execution_day")
    return Written(work, (days,), claims=claims, tracked=bool(task.get("soft_fail")))
