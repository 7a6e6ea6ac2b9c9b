"""Partition keys: what a run's key is, by the clock or by the key of the asset that started it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from prefect.runtime import flow_run
from replant_settings import previous_tick  # type: ignore[import-not-found]

STARTS: Mapping[str, tuple[str, dict[str, int]]] = {
    "Hour": ("%Y-%m-%dT%H", {"minute": 0}),
    "Day": ("%Y-%m-%d", {"hour": 0, "minute": 0}),
    "Week": ("%Y-%m-%d (W%V)", {"hour": 0, "minute": 0}),
    "Month": ("%Y-%m", {"day": 1, "hour": 0, "minute": 0}),
    "Year": ("%Y", {"month": 1, "day": 1, "hour": 0, "minute": 0}),
}


class Mapper(Protocol):
    """Gives a run's key for the key of an update."""

    def to_downstream(self, key: str) -> str:
        """Give the key; raises ValueError if the update's key is none that is known."""
        ...


@dataclass(frozen=True)
class IdentityMapper:
    """The same key."""

    def to_downstream(self, key: str) -> str:
        """Give the key."""
        return key


@dataclass(frozen=True)
class FixedKeyMapper:
    """One key for all."""

    downstream_key: str

    def to_downstream(self, key: str) -> str:
        """Give the key."""
        return self.downstream_key


@dataclass(frozen=True)
class AllowedKeyMapper:
    """The same key, if it is one of these."""

    allowed_keys: Sequence[str]

    def to_downstream(self, key: str) -> str:
        """Give the key."""
        if key not in self.allowed_keys:
            raise ValueError(f"The partition {key!r} is none of {', '.join(self.allowed_keys)}.")
        return key


class ProductMapper:
    """A key of several parts, each with a mapper of its own."""

    def __init__(self, *mappers: Mapper, delimiter: str = "|") -> None:
        self.mappers, self.delimiter = mappers, delimiter

    def to_downstream(self, key: str) -> str:
        """Give the key."""
        parts = zip(self.mappers, key.split(self.delimiter), strict=True)
        return self.delimiter.join(mapper.to_downstream(part) for mapper, part in parts)


@dataclass(frozen=True)
class StartOf:
    """The start of the hour, day, week, month or year that a key lies in."""

    unit: str
    timezone: str = "UTC"
    input_format: str = "%Y-%m-%dT%H:%M:%S"
    output_format: str | None = None

    def to_downstream(self, key: str) -> str:
        """Give the key."""
        zone = ZoneInfo(self.timezone)
        moment = datetime.strptime(key, self.input_format)
        moment = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
        if self.unit == "Week":
            moment -= timedelta(days=moment.weekday())
        usual, changes = STARTS[self.unit]
        start: Any = moment.replace(second=0, microsecond=0, **changes)  # type: ignore[arg-type]
        return str(start.strftime(self.output_format or usual))


def clock_partition(cron: str, timezone: str, offset: int = 0, form: str = "%Y-%m-%dT%H:%M:%S") -> str:
    """Give the key of a scheduled run: its moment, some ticks later or earlier, in the schedule's zone."""
    moment: datetime = flow_run.get_scheduled_start_time()
    for _ in range(abs(offset)):
        moment = previous_tick(cron, moment, timezone, forward=offset > 0)
    return moment.astimezone(ZoneInfo(timezone)).strftime(form)


def mapped_partition(key: str | None, mapper: Mapper) -> str | None:
    """Give a run's key for that of the update that started it."""
    return None if key is None else mapper.to_downstream(key)
