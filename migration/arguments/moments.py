"""Dates of a run as plain Python: what Airflow's templates and contexts call them, over one variable.

The variable is `logical_date`. Only schedules whose ticks are evenly spaced in UTC are read here, and
spans of time; the others are left to the runtime, as are templates with more than dates, parameters and ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from migration.graph import Dag

EVERY_MINUTES = {"@hourly": 60, "@daily": 1440, "@midnight": 1440, "@weekly": 10080}
CRON = re.compile(r"(\d+) (\d+|\*) \* \* ([0-6]|\*)")
SUNDAY = 3
"""Days from the first of January 1970, a Thursday."""
STEPS = re.compile(r"(?:(\*(?:/\d+)?) \*|(\d+) \*/(\d+)) \* \* \*")
LAST_TICK = '''def last_tick(moment: datetime, every: timedelta, shift: timedelta = timedelta()) -> datetime:
    """Give the schedule's last tick before a moment: the start of the interval that ends there."""
    before = (moment - timedelta(microseconds=1)).replace(microsecond=0)
    return before - timedelta(seconds=(before - shift).timestamp() % every.total_seconds())
'''
FORMATS = {"ds": "%Y-%m-%d", "ds_nodash": "%Y%m%d", "ts_nodash": "%Y%m%dT%H%M%S"}
STARTS = ("logical_date", "execution_date", "data_interval_start")
DATES = (*STARTS, "data_interval_end", "next_execution_date")
PARTS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True)
class Moments:
    """How a DAG's run gets its dates."""

    minutes: int | None
    """Between two ticks; None where the logical date is the moment of the run."""
    shift: tuple[int, int, int] | None = None
    """Days, hours and minutes from 1970 to some tick; None where the ticks are on no grid: the interval
    ends at the run's moment."""

    @property
    def every(self) -> str:
        """The time between two ticks, as code."""
        minutes = self.minutes or 0
        unit = next(one for one in ("days", "hours", "minutes") if minutes % SIZES[one] == 0)
        return f"timedelta({unit}={minutes // SIZES[unit]})"

    def start_of(self, moment: str) -> str:
        """Give the code of the logical date of a run that is scheduled for this moment."""
        if self.minutes is None:
            return moment
        if self.shift is None:
            return f"{moment} - {self.every}"
        named = zip(("days", "hours", "minutes"), self.shift, strict=True)
        shown = ", ".join(f"{name}={number}" for name, number in named if number)
        return f"last_tick({moment}, {self.every}{f', timedelta({shown})' if shown else ''})"

    def named(self, name: str) -> str | None:
        """Give the expression for a name of Airflow's context that is a date or the text of one."""
        if name in STARTS:
            return "logical_date"
        if name in ("data_interval_end", "next_execution_date"):
            return self._shifted(1)
        if name == "ts":
            return "logical_date.isoformat()"
        found = self._text(name)
        return None if found is None else f'f"{{{found}}}"'

    def inside(self, name: str) -> str | None:
        """Give what stands for the name between the braces of an f-string."""
        return self._text(name) or self.named(name)

    def _text(self, name: str) -> str | None:
        if name in FORMATS:
            return f"logical_date:{FORMATS[name]}"
        shifts = {"next_": 1, "prev_": -1}
        for prefix, ticks in shifts.items():
            if name.startswith(prefix) and name.removeprefix(prefix) in ("ds", "ds_nodash"):
                return f"{self._shifted(ticks)}:{FORMATS[name.removeprefix(prefix)]}"
        days = {"yesterday_ds": "- timedelta(days=1)", "tomorrow_ds": "+ timedelta(days=1)"}
        return f"logical_date {days[name]}:%Y-%m-%d" if name in days else None

    def _shifted(self, ticks: int) -> str:
        if self.minutes is None:
            return "logical_date"
        return f"logical_date {'+' if ticks > 0 else '-'} {self.every}"


SIZES = {"days": 1440, "hours": 60, "minutes": 1}


def moments_of(dag: Dag, style: int) -> Moments | None:
    """Read a DAG's schedule; None if its ticks are not evenly spaced in UTC."""
    value = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
    zones = [one.get("zone") for one in _starts(dag) if isinstance(one, dict)]
    table = dag.arguments.get("timetable") if value is None else value
    if isinstance(table, dict) and table.get("$made") == "CronTriggerTimetable":
        return Moments(None)
    if value is None and table is not None:
        return None
    if value is None or value == "@once" or (style >= 3 and isinstance(value, str)):
        return Moments(None)
    if isinstance(value, dict) and "$timedelta" in value and value["$timedelta"] % 60 == 0:
        return Moments(None if style >= 3 else int(value["$timedelta"]) // 60)
    if not isinstance(value, str) or any(zone not in (None, "UTC", "Timezone('UTC')") for zone in zones):
        return None
    if value in EVERY_MINUTES:
        return Moments(EVERY_MINUTES[value], (SUNDAY if value == "@weekly" else 0, 0, 0))
    fields = CRON.fullmatch(value)
    if fields is None:
        return _stepped(value)
    minute, hour, day = fields.groups()
    if hour == "*":
        return Moments(60, (0, 0, int(minute))) if day == "*" else None
    if day == "*":
        return Moments(1440, (0, int(hour), int(minute)))
    return Moments(10080, (SUNDAY + int(day), int(hour), int(minute)))


def _stepped(cron: str) -> Moments | None:
    """Read a schedule of every few minutes of the hour, or hours of the day, which go into it evenly."""
    found = STEPS.fullmatch(cron)
    if found is None:
        return None
    minutes, minute, hours = found.groups()
    if minutes is not None:
        step = int(minutes.partition("/")[2] or 1)
        return Moments(step, (0, 0, 0)) if step and 60 % step == 0 else None
    if int(hours) == 0 or 24 % int(hours):
        return None
    return Moments(60 * int(hours), (0, 0, int(minute)))


def period_of(dag: Dag) -> str | None:
    """Give the time between two ticks of the schedule, as code; None where it is not always the same."""
    value = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
    if isinstance(value, dict) and "$timedelta" in value and value["$timedelta"] % 60 == 0:
        return Moments(int(value["$timedelta"]) // 60).every
    found = moments_of(dag, 2)
    return None if found is None or found.minutes is None else found.every


def _starts(dag: Dag) -> list[Any]:
    return [dag.arguments.get("start_date"), dag.default_args.get("start_date")]
