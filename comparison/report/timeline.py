"""Where the time of a run went: one bar per task, all engines on one scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
"""Seconds between two marks of the scale."""
MARKS = 7
"""Marks on the scale at most."""


def timelines(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give, per engine, the measured run whose time is the median one (nearest to it), with its bars.

    Bars are in percent of the longest run shown. `axis` holds the marks of the common scale, in seconds.
    """
    good = [run for run in runs if run["role"] == "measured" and run["state"] == "success"]
    engines = list(dict.fromkeys(run["engine"] for run in good))
    chosen = [_middle([run for run in good if run["engine"] == engine]) for engine in engines]
    longest = max((run["seconds"] for run in chosen), default=0.0)
    if not longest:
        return {"axis": [], "engines": []}
    return {
        "axis": [{"seconds": mark, "left": 100 * mark / longest} for mark in _marks(longest)],
        "engines": [_engine(run, longest) for run in chosen],
    }


def _middle(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    middle = median(run["seconds"] for run in runs)
    return min(runs, key=lambda run: (abs(run["seconds"] - middle), run["order"]))


def _marks(longest: float) -> Iterable[float]:
    step = next((step for step in STEPS if longest / step <= MARKS), longest / MARKS)
    return [index * step for index in range(int(longest / step) + 1)]


def _engine(run: Mapping[str, Any], longest: float) -> dict[str, Any]:
    requested = _time(run["requested"])
    assert requested is not None  # noqa: S101

    def at(moment: datetime | None) -> float | None:
        return None if moment is None else max(0.0, (moment - requested).total_seconds())

    rows = [_task(task, at) for task in run["tasks"]]
    _fill_gaps(rows)
    starts = [row["from"] for row in rows if row["from"] is not None]
    ends = [row["to"] for row in rows if row["to"] is not None]
    if starts and ends:
        rows.insert(0, _around("before the first task", 0.0, min(starts)))
        rows.append(_around("after the last task", max(ends), run["seconds"]))
    for row in rows:
        row["bars"] = [_bar(kind, start, end, longest) for kind, start, end in row["bars"] if end > start]
    return {
        "engine": run["engine"],
        "seconds": run["seconds"],
        "round": run["round"],
        "rows": rows,
        "waited": sum(row["waited"] or 0.0 for row in rows),
        "ran": sum(row["ran"] or 0.0 for row in rows),
    }


def _task(task: Mapping[str, Any], at: Any) -> dict[str, Any]:
    queued, started, ended = (at(_time(task[name])) for name in ("queued", "started", "ended"))
    bars = []
    if queued is not None and started is not None:
        bars.append(("wait", queued, started))
    if started is not None and ended is not None:
        bars.append(("run", started, ended))
    return {
        "name": task["name"],
        "state": task["state"],
        "tries": task["try_number"],
        "waited": task["queue_seconds"],
        "ran": task["seconds"],
        "from": queued if queued is not None else started,
        "to": ended,
        "bars": bars,
        "task": True,
    }


def _fill_gaps(rows: Sequence[dict[str, Any]]) -> None:
    """Count the time from the end of the task before until a task is queued as waiting, too."""
    for row in rows:
        ended = [other["to"] for other in rows if other["to"] is not None and other is not row]
        before = [end for end in ended if row["from"] is not None and end <= row["from"]]
        if before and row["waited"] is not None:
            row["waited"] += row["from"] - max(before)
            row["bars"].insert(0, ("gap", max(before), row["from"]))


def _around(name: str, start: float, end: float) -> dict[str, Any]:
    return {
        "name": name,
        "state": "success",
        "tries": 1,
        "waited": max(0.0, end - start),
        "ran": None,
        "bars": [("wait", start, end)],
        "task": False,
    }


def _bar(kind: str, start: float, end: float, longest: float) -> dict[str, Any]:
    """Give a bar in percent of the scale; what would not be seen is made just wide enough by the style."""
    left = min(100.0, 100 * start / longest)
    return {
        "kind": kind,
        "left": round(left, 3),
        "width": round(min(100.0 - left, 100 * (end - start) / longest), 3),
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
