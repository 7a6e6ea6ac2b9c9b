"""Partitioned schedules: where a run's partition key comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from migration.arguments.assets import PARTITION_EVENT, resource_of
from migration.writing.plan import RefusedError

KINDS = ("CronPartitionTimetable", "PartitionedAtRuntime", "PartitionedAssetTimetable")
SIMPLE_MAPPERS = ("IdentityMapper", "FixedKeyMapper", "AllowedKeyMapper", "ProductMapper")
STARTS = ("Hour", "Day", "Week", "Month", "Year")
SEVERAL = "a run that waits for several partitions, or stands for one of several; count them in a task"


@dataclass
class Partitioned:
    """What a partitioned schedule becomes."""

    key: str
    """The run's key, as code."""
    parameters: list[str]
    imports: set[str] = field(default_factory=set)
    cron: str = ""
    timezone: str = "UTC"
    trigger: dict[str, Any] | None = None


def partitioned(value: dict[str, Any]) -> Partitioned:
    """Read a partitioned timetable.

    Raises RefusedError.
    """
    if value["$made"] == "CronPartitionTimetable":
        return _by_clock(value)
    if value["$made"] == "PartitionedAtRuntime":
        return Partitioned("partition_key", ["partition_key"])
    return _by_asset(value)


def _by_clock(value: dict[str, Any]) -> Partitioned:
    given = dict(value["kwargs"])
    cron = given.pop("cron", None) or next(iter(value["args"]), None)
    zone, offset = given.pop("timezone", "UTC"), given.pop("run_offset", None) or 0
    form = given.pop("key_format", None)
    if given.pop("run_immediately", False) or given or not isinstance(offset, int):
        raise RefusedError("a partition schedule with other settings than an offset and a format")
    if not isinstance(cron, str) or not isinstance(zone, str) or len(cron.split()) != 5:
        raise RefusedError("a partition schedule that is only known at run time")
    shown = [repr(cron), repr(zone)]
    shown += [f"offset={offset}"] if offset else []
    shown += [f"form={form!r}"] if form else []
    key = f"partition_key or clock_partition({', '.join(shown)})"
    return Partitioned(
        key, ["partition_key"], {"from replant_partitions import clock_partition"}, cron=cron, timezone=zone
    )


def _by_asset(value: dict[str, Any]) -> Partitioned:
    given = dict(value["kwargs"])
    asset = given.pop("assets", None) or next(iter(value["args"]), None)
    mapper = given.pop("default_partition_mapper", None)
    resource = resource_of(asset)
    if not resource or given:
        raise RefusedError(SEVERAL)
    names: set[str] = set()
    key = f"partition_key or mapped_partition(update_partition, {_mapper(mapper, names)})"
    imports = {f"from replant_partitions import {name}" for name in (*names, "mapped_partition")}
    template = {"prefect_kind": "jinja", "template": "{{ event.payload['partition'] }}"}
    trigger = {
        "type": "event",
        "match": {"prefect.resource.id": resource},
        "expect": [PARTITION_EVENT],
        "parameters": {"update_partition": template},
    }
    return Partitioned(key, ["partition_key", "update_partition"], imports, trigger=trigger)


def _mapper(value: Any, names: set[str]) -> str:
    """Write a mapper as code; note the names that it needs."""
    if value is None:
        value = {"$made": "IdentityMapper", "args": [], "kwargs": {}}
    kind = value.get("$made", "") if isinstance(value, dict) else ""
    unit = kind.removeprefix("StartOf").removesuffix("Mapper")
    if unit in STARTS:
        names.add("StartOf")
        shown = [repr(unit)]
    elif kind in SIMPLE_MAPPERS:
        names.add(kind)
        shown = []
    else:
        raise RefusedError(SEVERAL)
    for one in value["args"]:
        shown.append(_mapper(one, names) if isinstance(one, dict) else repr(one))
    for name, one in value["kwargs"].items():
        if not isinstance(one, str | list) or name == "max_downstream_keys":
            raise RefusedError(f"a partition mapper with {name}")
        shown.append(f"{name}={one!r}")
    return f"{'StartOf' if unit in STARTS else kind}({', '.join(shown)})"
