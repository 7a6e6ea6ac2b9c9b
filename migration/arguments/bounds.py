"""The first and the last run of a DAG's schedule, from the start and end dates of the DAG and its tasks.

Airflow makes runs for the logical dates between the earliest start and the latest end of all tasks
(`DAG._time_restriction`), and a task does not run outside its own two dates.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from migration.arguments.cron import is_tick, last_tick, next_tick
from migration.arguments.flow_options import FlowOptions
from migration.graph import Dag
from migration.writing.literals import Values
from migration.writing.plan import Claim, RefusedError, equivalent, refused

NAMES = ("start_date", "end_date")
PAST = equivalent("Prefect does not run the past; the date is not needed", "start-date")
LATER = equivalent("a run that is scheduled before it ends at once, as skipped", "start-date")
OVER = equivalent("a run that is scheduled after the last one ends at once, as skipped", "end-date")
APART = "not the date of the whole DAG, and Prefect's tasks have none; test the date in the task"


def bound(dag: Dag, found: FlowOptions, style: int, values: Values) -> None:
    """Set the moments before and after which the flow does nothing, and claim the DAG's own two dates."""
    for name in NAMES:
        if name in dag.arguments:
            found.claims[name] = task_date(name, dag.arguments[name], dag)
    start, end = _start(dag), _end(dag)
    anchor = _anchor(dag, start, style)
    for schedule in found.deployment.get("schedules", []):
        if "interval" in schedule and anchor is not None:
            schedule["anchor_date"] = anchor.isoformat()
    if start is not None and start > datetime.now(UTC):
        found.starts = values.write({"$datetime": _moment(start, found).isoformat()})
    if end is not None:
        found.ends = values.write({"$datetime": _moment(end, found, is_last=True).isoformat()})


def task_date(name: str, value: Any, dag: Dag) -> Claim:
    """Claim a start or end date of the DAG or of one of its tasks, which must be that of the whole DAG."""
    if value is None:
        return Claim()
    try:
        given = _date(value)
    except RefusedError as error:
        return PAST if name == "start_date" else refused(error.reason)
    if name == "end_date":
        is_same = given == _end(dag) and all(one == given for one in _ends(dag))
        return OVER if is_same else refused(APART)
    if given <= datetime.now(UTC):
        return PAST
    return LATER if given == _start(dag) else refused(APART)


def _date(value: Any) -> datetime:
    if isinstance(value, dict) and "$datetime" in value:
        given = datetime.fromisoformat(value["$datetime"])
    elif isinstance(value, str):
        try:
            given = datetime.fromisoformat(value)
        except ValueError:
            raise RefusedError(f"the date {value!r} is not in the usual form") from None
    else:
        raise RefusedError("a date that is only known at run time")
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _anchor(dag: Dag, start: datetime | None, style: int) -> datetime | None:
    """Give the moment from which a time span's ticks count; None for that of the deployment.

    They count from the start with catchup. Without it, Airflow 3 counts from when it first sees the DAG; the
    intervals of Airflow 2 are multiples of the span since 1970 (`DeltaDataIntervalTimetable._round`).
    """
    if dag.arguments.get("catchup", style < 3) or (start and start > datetime.now(UTC)):
        return start
    return datetime(1970, 1, 1, tzinfo=UTC) if style < 3 else None


def _dates(name: str, dag: Dag) -> list[datetime | None]:
    """Give each task's date: its own, or the DAG's, which is None where there is none."""
    own = [task.get(name) or dag.arguments.get(name) for task in dag.tasks]
    return [None if value is None else _date(value) for value in own or [dag.arguments.get(name)]]


def _start(dag: Dag) -> datetime | None:
    try:
        given = [one for one in _dates("start_date", dag) if one is not None]
    except RefusedError:
        return None
    return min(given, default=None)


def _ends(dag: Dag) -> list[datetime | None]:
    try:
        return _dates("end_date", dag)
    except RefusedError:
        return [None]


def _end(dag: Dag) -> datetime | None:
    """Give the latest end; None if a task goes on for ever."""
    given = _ends(dag)
    return None if None in given else max((one for one in given if one is not None), default=None)


def _moment(date: datetime, found: FlowOptions, is_last: bool = False) -> datetime:
    """Give when the first or the last run with such a logical date starts.

    Where a run's logical date is the start of an interval, it starts at the interval's end.
    """
    if found.every is None:
        return date
    schedule: dict[str, Any] = next(iter(found.deployment.get("schedules", [])), {})
    if "interval" in schedule:
        return date + timedelta(seconds=schedule["interval"])
    cron = schedule["cron"]
    # a daily tick is a time on the wall clock; one of every few minutes is not moved by a change of clocks
    zone = UTC if cron.split()[1].startswith("*") else ZoneInfo(found.timezone)
    wall = date.astimezone(zone).replace(tzinfo=None)
    if wall.second or wall.microsecond or not is_tick(cron, wall):
        wall = last_tick(cron, wall) if is_last else next_tick(cron, wall)
    return next_tick(cron, wall).replace(tzinfo=zone)
