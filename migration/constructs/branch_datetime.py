"""BranchDateTimeOperator: go one way between two moments or times of day, the other way outside."""

from __future__ import annotations

from typing import Any

from migration.arguments.weekdays import moment_of
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written
from migration.writing.site import Site

CODE = '''def @NAME@({given}lower: Any, upper: Any, if_true: Any, if_false: Any) -> Any:
    """Choose by whether it is between two moments; times are of the day, the upper one perhaps the next."""
    now = {moment}
    low = datetime.combine(now, lower, tzinfo=UTC) if isinstance(lower, time) else lower
    high = datetime.combine(now, upper, tzinfo=UTC) if isinstance(upper, time) else upper
    if isinstance(lower, time) and isinstance(upper, time) and high < low:
        high += timedelta(days=1)
    inside = (low is None or low <= now) and (high is None or now <= high)
    return if_true if inside else if_false
'''
KNOWN = ("follow_task_ids_if_true", "follow_task_ids_if_false", "target_lower", "target_upper",
         "use_task_logical_date", "use_task_execution_date")  # fmt: skip


@construct("BranchDateTimeOperator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None:
        raise RefusedError("a mapped branch", "expand")
    by_run = bool(task.get("use_task_logical_date") or task.get("use_task_execution_date"))
    now = moment_of(by_run, task, site)
    work = Work(
        f"branch datetime {by_run}", "choose_by_time", CODE.format(moment=now.code, given=now.parameter),
        imports=("from datetime import UTC, datetime, time, timedelta", "from typing import Any"),
        runtime=now.runtime,
    )  # fmt: skip
    args = (
        *now.args,
        _moment(task.get("target_lower")),
        _moment(task.get("target_upper")),
        task.get("follow_task_ids_if_true"),
        task.get("follow_task_ids_if_false"),
    )
    claims = {name: Claim() for name in KNOWN if task.has(name)}
    return Written(work, args, kind="branch", claims=claims, tracked=bool(now.runtime))


def _moment(value: Any) -> Any:
    """Give a moment with its zone, which Airflow takes to be UTC."""
    if isinstance(value, dict) and "$datetime" in value and not value.get("zone"):
        return {"$datetime": f"{value['$datetime']}+00:00"}
    return value
