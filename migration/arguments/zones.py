"""The time zone of a DAG: that of its start date, as Airflow takes it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from migration.graph import Dag


def zone_of(dag: Dag) -> str:
    """Give the zone's name; empty for an offset that no named zone has."""
    for value in (dag.arguments.get("start_date"), dag.default_args.get("start_date")):
        if isinstance(value, dict) and value.get("zone"):
            return _named(str(value["zone"]), value)
    return "UTC"


def _named(zone: str, value: dict[str, Any]) -> str:
    if zone in _known():
        return zone
    offset = datetime.fromisoformat(value["$datetime"]).utcoffset()
    hours, rest = divmod(offset.total_seconds() if offset else 0, 3600)
    if rest:
        return ""
    return f"Etc/GMT{-hours:+.0f}" if hours else "UTC"  # these names count the other way round


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
