"""Looks whether a flow does nothing outside its DAG's schedule, and everything inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from migration.checker.dates import AIRFLOW_3, MOMENT, NAMES, dates_of, moment_of, tick_near
from migration.graph import Dag

LATE = datetime(9000, 1, 1, tzinfo=UTC)


def bounds_of(dag: Dag, text: str) -> list[tuple[str, bool]]:
    """Give moments to try, and whether the DAG has a run then: long ago, in the far future, at its end."""
    ends = [one for one in dates_of("end_date", dag) if one is not None]
    has_end = bool(ends) and len(ends) == len(dag.tasks)
    tried = [(MOMENT, moment_of(dag) == MOMENT), (LATE, not has_end)]
    if has_end:
        tried += _around(dag, max(ends), text)
    return [(moment.isoformat(), runs) for moment, runs in tried]


def _around(dag: Dag, end: datetime, text: str) -> list[tuple[datetime, bool]]:
    """Give the moments of the last run and of the one that would be next; none where they are not known."""
    value = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
    fields = NAMES.get(value, value).split() if isinstance(value, str) else []
    if len(fields) != 5 or end.utcoffset() or end.second:
        return []
    last = tick_near(end + timedelta(minutes=1), fields, -1)
    if last is not None and not AIRFLOW_3.search(text):
        last = tick_near(last, fields, 1)
    after = None if last is None else tick_near(last, fields, 1)
    return [] if last is None or after is None else [(last, True), (after, False)]


def bound_differences(seen: Mapping[str, Any]) -> Iterator[str]:
    """Give what the flow does at moments at which its DAG has no run, and the other way round."""
    for moment, runs, calls in seen["bounds"]:
        if bool(calls) != runs and seen["calls"]:
            yield f"at {moment} the flow {'does nothing' if runs else 'goes on'}, unlike its DAG"
