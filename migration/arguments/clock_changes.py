"""Whether a schedule has ticks in the hours that clocks jump over, or that they show twice.

Airflow runs such a tick after the change; Prefect's scheduler may do so before it. Both were asked, see
`tests/migration/test_clock_changes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from migration.arguments.cron import is_tick

YEARS = 2
"""How far ahead changes are looked for."""
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def meets_a_change(cron: str, timezone: str) -> bool:
    """Say whether a tick falls into a change of the zone's clocks. `cron`: five fields."""
    if timezone == "UTC":
        return False
    for wall, shift in _changed(timezone):
        every_hour = cron.split()[1] == "*" and shift % HOUR == timedelta(0)
        if not every_hour and is_tick(cron, wall):
            return True
    return False


@cache
def _changed(timezone: str) -> tuple[tuple[datetime, timedelta], ...]:
    return tuple(_minutes(ZoneInfo(timezone)))


def _minutes(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta]]:
    """Give each minute on the wall that is left out or there twice, and by how much the clocks change."""
    first = datetime.now(UTC)
    for number in range(366 * YEARS):
        start = first + number * DAY
        before, after = (
            moment.astimezone(zone).utcoffset() or timedelta(0) for moment in (start, start + DAY)
        )
        shift = after - before
        if shift:
            wall = _change(start, zone).astimezone(zone).replace(tzinfo=None)
            # the wall shows the time after the change: back by what was left out, or on by what comes again
            for minute in range(int(abs(shift) / MINUTE)):
                yield (wall - shift if shift > timedelta(0) else wall) + minute * MINUTE, shift


def _change(start: datetime, zone: ZoneInfo) -> datetime:
    """Give the minute of the day after a moment at which the clocks change."""
    offset = start.astimezone(zone).utcoffset()
    first = start.replace(second=0, microsecond=0)
    minutes = (first + number * MINUTE for number in range(24 * 60 + 1))
    return next(one for one in minutes if one > start and one.astimezone(zone).utcoffset() != offset)
