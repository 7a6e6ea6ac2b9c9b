"""The dates of a checked run, worked out minute by minute, and templates filled with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from jinja2 import Environment, StrictUndefined

from migration.graph import Dag

MOMENT = datetime(1000, 1, 1, tzinfo=UTC)
"""When the checked flows are made to believe they run."""
NAMES = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0"}
AIRFLOW_3 = re.compile(r"^\s*(from|import) airflow\.(sdk|providers\.standard)", re.MULTILINE)


def interval_of(dag: Dag, text: str) -> tuple[datetime, datetime]:
    """Give the start and end of the interval of a run at MOMENT; both are the moment where there is none."""
    value = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
    cron = NAMES.get(value, value) if isinstance(value, str) else ""
    fields = cron.split()
    if AIRFLOW_3.search(text) or len(fields) != 5:
        return MOMENT, MOMENT
    start = MOMENT - timedelta(minutes=1)
    while not _is_tick(start, fields):
        start -= timedelta(minutes=1)
        if MOMENT - start > timedelta(days=8):
            return MOMENT, MOMENT
    return start, MOMENT if _is_tick(MOMENT, fields) else _next(start, fields)


def _next(moment: datetime, fields: Sequence[str]) -> datetime:
    moment += timedelta(minutes=1)
    while not _is_tick(moment, fields):
        moment += timedelta(minutes=1)
    return moment


def _is_tick(moment: datetime, fields: Sequence[str]) -> bool:
    parts = (moment.minute, moment.hour, moment.day, moment.month, moment.isoweekday() % 7)
    return all(field == "*" or field == str(part) for field, part in zip(fields, parts, strict=True))


def context_of(start: datetime, end: datetime, params: Mapping[str, Any]) -> dict[str, Any]:
    """Give the dates by Airflow's names."""
    length = end - start
    day = timedelta(days=1)
    return {
        "logical_date": start, "execution_date": start, "data_interval_start": start,
        "data_interval_end": end, "next_execution_date": end, "ts": start.isoformat(),
        "ds": start.strftime("%Y-%m-%d"), "ds_nodash": start.strftime("%Y%m%d"),
        "ts_nodash": start.strftime("%Y%m%dT%H%M%S"), "next_ds": end.strftime("%Y-%m-%d"),
        "next_ds_nodash": end.strftime("%Y%m%d"), "prev_ds": (start - length).strftime("%Y-%m-%d"),
        "prev_ds_nodash": (start - length).strftime("%Y%m%d"), "params": dict(params),
        "yesterday_ds": (start - day).strftime("%Y-%m-%d"), "tomorrow_ds": (start + day).strftime("%Y-%m-%d"),
    }  # fmt: skip


def templates_in(dag: Dag) -> list[str]:
    """Give the texts that Airflow would render."""
    found = (text for task in dag.tasks for one in task.arguments for text in _texts(one.value))
    return sorted({text for text in found if "{{" in text})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def filled(texts: Sequence[str], context: Mapping[str, Any]) -> dict[str, str]:
    """Render what needs dates and parameters alone; the authors' code, so only where it is locked in."""
    engine = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - no HTML
    found: dict[str, str] = {}
    for text in texts:
        try:
            found[text] = engine.from_string(text).render(context)
        except Exception:  # noqa: BLE001, S112 - it needs more, or is none
            continue
    return found
