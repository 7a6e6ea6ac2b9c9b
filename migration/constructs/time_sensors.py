"""TimeSensor, TimeDeltaSensor, DateTimeSensor: wait until a moment."""

from __future__ import annotations

from dataclasses import replace

from migration.arguments import waiting
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Code, RefusedError, Work, Written
from migration.writing.site import Site

TIME = '''def @NAME@(target: time) -> None:
    """Wait until this time of today, UTC."""
    wait_until(lambda: datetime.now(UTC).time() >= target.replace(tzinfo=None), {pace})
'''
DELTA = '''def @NAME@(delta: timedelta) -> None:
    """Wait until this long after the end of the run's interval."""
    end = get_current_context()["data_interval_end"]
    wait_until(lambda: datetime.now(UTC) >= end + delta, {pace})
'''
DELTA_PLAIN = '''def @NAME@(delta: timedelta, end: datetime) -> None:
    """Wait until this long after the end of the run's interval."""
    wait_until(lambda: datetime.now(UTC) >= end + delta, {pace})
'''
MOMENT = '''def @NAME@(target: Any) -> None:
    """Wait until a moment."""
    moment = target if isinstance(target, datetime) else datetime.fromisoformat(target)
    wait_until(lambda: datetime.now(UTC) >= moment, {pace})
'''


@construct("TimeSensor", "TimeSensorAsync")
def write_time(task: Task, site: Site) -> Written:
    """Write one that waits for a time of day."""
    return _written(
        task, site, "target_time", "time of day", TIME, "from datetime import UTC, datetime, time"
    )


@construct("TimeDeltaSensor", "TimeDeltaSensorAsync")
def write_delta(task: Task, site: Site) -> Written:
    """Write one that waits some time after the interval's end."""
    imports = "from datetime import UTC, datetime, timedelta"
    end = site.moment("data_interval_end", task)
    if end is not None:
        site.with_moments = True
        made = _written(task, site, "delta", "time delta", DELTA_PLAIN, imports)
        return replace(made, args=(*made.args, Code(end)))
    return _written(task, site, "delta", "time delta", DELTA, imports, ("get_current_context",))


@construct("DateTimeSensor", "DateTimeSensorAsync")
def write_moment(task: Task, site: Site) -> Written:
    """Write one that waits for a moment."""
    return _written(task, site, "target_time", "moment", MOMENT, "from datetime import UTC, datetime")


def _written(
    task: Task, site: Site, name: str, kind: str, code: str, imports: str, runtime: tuple[str, ...] = ()
) -> Written:
    if task.mapping is not None:
        raise RefusedError("a mapped sensor", "expand")
    pace = waiting.pace(task)
    target, is_template = site.templated(task.get(name), task)
    needed = (imports, "from typing import Any") if "Any" in code else (imports,)
    work = Work(f"{kind}:{pace}", f"wait_for_{kind}", code.format(pace=pace), imports=needed,
                runtime=("wait_until", *runtime))  # fmt: skip
    tracked = bool(runtime) or is_template or bool(task.get("soft_fail"))
    claims = waiting.claims_of(task, name, "start_from_trigger", "end_from_trigger")
    return Written(work, (target,), claims=claims, tracked=tracked)
