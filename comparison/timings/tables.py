"""Runs as tables: one row per run, and one row per run and task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

RUN_COLUMNS = (
    "pipeline",
    "engine",
    "mode",
    "role",
    "round",
    "order",
    "run_state",
    "run_requested",
    "run_started",
    "run_ended",
    "run_seconds",
    "run_cpu_seconds",
    "run_peak_memory_bytes",
    "server_cpu_seconds",
    "server_memory_bytes",
    "database_cpu_seconds",
)
TASK_COLUMNS = (
    "task_number",
    "task",
    "task_state",
    "try_number",
    "queued",
    "started",
    "ended",
    "queue_seconds",
    "seconds",
)


USAGE = {
    "run_cpu_seconds": "cpu_seconds",
    "run_peak_memory_bytes": "peak_memory_bytes",
    "server_cpu_seconds": "server_cpu_seconds",
    "server_memory_bytes": "server_memory_bytes",
    "database_cpu_seconds": "database_cpu_seconds",
}
"""Column, and the name of the figure in a run's `usage`."""

PlainRun = Mapping[str, Any]
"""A run as it stands in `runs` of report.json."""


def run_table(runs: Sequence[PlainRun]) -> pd.DataFrame:
    """Give one row per run, in the order they were made, with the columns `RUN_COLUMNS`.

    Times are ISO 8601 in UTC; `run_seconds` counts from the request; memory in bytes; None: not measured.
    """
    rows = [_run_row(run) for run in _in_order(runs)]
    return pd.DataFrame(rows, columns=list(RUN_COLUMNS))


def task_table(runs: Sequence[PlainRun]) -> pd.DataFrame:
    """Give one row per run and task: the columns of `run_table`, repeated, and `TASK_COLUMNS`.

    This is `timings.csv`. A run without any task is one row whose task columns are empty.
    """
    rows = []
    for run in _in_order(runs):
        shared = _run_row(run)
        tasks = [_task_row(number, task) for number, task in enumerate(run["tasks"], start=1)]
        rows += [{**shared, **task} for task in tasks or [{}]]
    return pd.DataFrame(rows, columns=[*RUN_COLUMNS, *TASK_COLUMNS])


def waited_seconds(run: PlainRun) -> float:
    """Give the seconds of a run in which no task's own code ran; tasks side by side count once."""
    moments = sorted(
        (datetime.fromisoformat(task["started"]), datetime.fromisoformat(task["ended"]))
        for task in run["tasks"]
        if task["started"] and task["ended"]
    )
    worked = timedelta()
    until = datetime.min.replace(tzinfo=UTC)
    for started, ended in moments:
        worked += max(ended - max(started, until), timedelta())
        until = max(until, ended)
    return float(run["seconds"]) - worked.total_seconds()


def _in_order(runs: Sequence[PlainRun]) -> list[PlainRun]:
    return sorted(runs, key=lambda run: int(run["order"]))


def _run_row(run: PlainRun) -> dict[str, Any]:
    usage = run["usage"] or {}
    same = {name: run[name] for name in ("pipeline", "engine", "mode", "role", "round", "order")}
    own = {f"run_{name}": run[name] for name in ("state", "requested", "started", "ended", "seconds")}
    return {**same, **own, **{column: usage.get(name) for column, name in USAGE.items()}}


def _task_row(number: int, task: Mapping[str, Any]) -> dict[str, Any]:
    same = ("try_number", "queued", "started", "ended", "queue_seconds", "seconds")
    return {
        "task_number": number,
        "task": task["name"],
        "task_state": task["state"],
        **{name: task[name] for name in same},
    }
