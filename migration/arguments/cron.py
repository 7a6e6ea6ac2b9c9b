"""The ticks of a cron schedule on the wall clock, as Prefect reads it: by its own copy of croniter."""

from __future__ import annotations

from datetime import datetime

from prefect._vendor.croniter import (  # type: ignore[attr-defined]
    CroniterBadCronError,
    CroniterBadDateError,
    croniter,
)


def comes(cron: str) -> bool:
    """Say whether a schedule has five fields, can be read and has a next tick."""
    try:
        croniter(cron).get_next()  # type: ignore[no-untyped-call]
    except (CroniterBadCronError, CroniterBadDateError):
        return False
    return len(cron.split()) == 5


def is_tick(cron: str, wall: datetime) -> bool:
    """Say whether a minute on the wall is a tick."""
    return bool(croniter.match(cron, wall))  # type: ignore[no-untyped-call]


def next_tick(cron: str, wall: datetime) -> datetime:
    """Give the first tick after a time on the wall."""
    found: datetime = croniter(cron, wall).get_next(datetime)  # type: ignore[no-untyped-call]
    return found


def last_tick(cron: str, wall: datetime) -> datetime:
    """Give the last tick before a time on the wall."""
    found: datetime = croniter(cron, wall).get_prev(datetime)  # type: ignore[no-untyped-call]
    return found
