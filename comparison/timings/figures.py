"""The `timings` of report.json: per engine, per task, and between engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from comparison.timings.advice import advise
from comparison.timings.ratio import LEVEL, RESAMPLES, SEED, ratio_of
from comparison.timings.tables import USAGE, PlainRun, run_table, task_table, waited_seconds
from comparison.verdict import TITLES
from engines.run import EngineName


def timing_figures(
    runs: Sequence[PlainRun], pairs: Sequence[tuple[EngineName, EngineName]], command: str
) -> dict[str, Any]:
    """Give the figures of all engines that have measured runs, and the ratio of each of `pairs`.

    Seconds of a run count from the request to the end. Failed runs, warm-ups and controls are in no median.
    `command` is what the user typed: warnings name it with another `--repeat`.
    """
    good = [run for run in runs if run["state"] == "success" and run["seconds"] > 0]
    odd = [run for run in runs if run["seconds"] <= 0]
    measured = [run for run in good if run["role"] == "measured"]
    table, tasks = run_table(measured), task_table(measured)
    engines = list(dict.fromkeys(run["engine"] for run in measured))
    standalone = _median(table[table["engine"] == "standalone"]["run_seconds"])
    figures: dict[str, Any] = {
        "unit": "s",
        "level": LEVEL,
        "resamples": RESAMPLES,
        "seed": SEED,
        "engines": [
            _engine(
                engine,
                table[table["engine"] == engine],
                tasks[tasks["engine"] == engine],
                measured,
                standalone,
            )
            for engine in engines
        ],
        "ratios": [
            _ratio(table, left, right) for left, right in pairs if left in engines and right in engines
        ],
        "noise_floor": _noise_floor(good),
    }
    return {**figures, "warnings": [*_clocks(odd), *advise(figures, command)]}


def _clocks(odd: Sequence[PlainRun]) -> list[str]:
    """Say which runs are in no figure because they ended before they were asked for."""
    return [
        f"Run {run['order']}, on {TITLES[run['engine']]}, ended {-run['seconds']:.3g} s before it was asked "
        "for: the clocks of that engine and of this machine differ. It is in no figure; set both by NTP."
        for run in odd
    ]


def _engine(
    engine: EngineName,
    table: pd.DataFrame,
    tasks: pd.DataFrame,
    measured: Sequence[PlainRun],
    standalone: float | None,
) -> dict[str, Any]:
    own = [run for run in measured if run["engine"] == engine]
    count = len(own[0]["tasks"])
    seconds = _spread(table["run_seconds"])
    assert seconds is not None  # noqa: S101
    if standalone is not None and engine != "standalone":
        total, against = seconds["median"] - standalone, "standalone"
    else:
        total, against = float(pd.Series([waited_seconds(run) for run in own]).median()), "its own tasks"
    return {
        "engine": engine,
        "runs": len(table),
        "seconds": seconds,
        **{name: _spread(table[column]) for column, name in USAGE.items()},
        "overhead": {
            "seconds": total,
            "per_task": total / count if count else None,
            "against": against,
            "tasks": count,
        },
        "tasks": [
            {
                "name": name,
                "queue": _spread(of_task["queue_seconds"]),
                "run": _spread(of_task["seconds"]),
            }
            for name, of_task in tasks.dropna(subset=["task"]).groupby("task", sort=False)
        ],
    }


def _ratio(table: pd.DataFrame, left: EngineName, right: EngineName) -> dict[str, Any]:
    sides = []
    for engine in (left, right):
        rows = table[table["engine"] == engine].sort_values("round")
        sides.append([float(value) for value in rows["run_seconds"]])
    found = ratio_of(sides[0], sides[1])
    return {
        "left": left,
        "right": right,
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
        "paired": found.paired,
        "rounds": found.rounds,
        "coverage": found.coverage,
    }


def _noise_floor(good: Sequence[PlainRun]) -> dict[str, Any] | None:
    """Give by how much two runs of one engine differ: the worst A/A pair; None without one."""
    measured = {(run["engine"], run["round"]): run["seconds"] for run in good if run["role"] == "measured"}
    floor: dict[str, Any] | None = None
    for control in (run for run in good if run["role"] == "control"):
        first = measured.get((control["engine"], control["round"]))
        if first is None:
            continue
        ratio = max(first, control["seconds"]) / min(first, control["seconds"])
        if floor is None or ratio > floor["ratio"]:
            floor = {"engine": control["engine"], "ratio": ratio}
    return floor


def _spread(values: pd.Series[Any]) -> dict[str, float] | None:
    """Give median, min and max of what was measured, None if nothing was."""
    known = pd.to_numeric(values, errors="coerce").dropna()
    if known.empty:
        return None
    return {"median": float(known.median()), "min": float(known.min()), "max": float(known.max())}


def _median(values: pd.Series[Any]) -> float | None:
    spread = _spread(values)
    return spread["median"] if spread else None
