"""Says what about the figures is unstable, by how much, and which command helps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from comparison.timings.ratio import LEVEL, coverage_bound, rounds_needed
from comparison.verdict import TITLES

SPREAD_LIMIT = 0.10
"""As in pyperf, which warns from a standard deviation of 10 % of the mean; here the half range is taken."""


def advise(figures: Mapping[str, Any], command: str) -> list[str]:
    """Give the warnings to the figures of `timing_figures`, each a sentence or two."""
    warnings: list[str] = []
    runs = [engine["runs"] for engine in figures["engines"]]
    fewest = min(runs, default=0)
    again = with_repeat(command, max(rounds_needed(), 2 * fewest))
    if fewest == 1:
        warnings.append(
            "One measured run per engine: no interval can be given, and the ratio may be chance. "
            f"`{again}` gives one."
        )
    elif 1 < fewest < rounds_needed():
        warnings.append(
            f"With {fewest} rounds the interval covers the true ratio in at most "
            f"{100 * coverage_bound(fewest):.0f} % of such comparisons, not in {100 * LEVEL:.0f} %. "
            f"`{again}` gives a full one."
        )
    unsteady = [engine for engine in figures["engines"] if _half_range(engine) > SPREAD_LIMIT]
    if unsteady:
        warnings.append(
            f"{'; '.join(_spread(engine) for engine in unsteady)}. Something else kept the machine busy, "
            f"or the runs are too short; `{again}` on a quiet machine helps."
        )
    warnings += [text for ratio in figures["ratios"] if (text := _undecided(ratio, figures, again))]
    return warnings


def with_repeat(command: str, repeat: int) -> str:
    """Give the command with `--repeat` set to another number."""
    without = re.sub(r"\s+--repeat(=|\s+)\d+", "", command)
    return f"{without} --repeat {repeat}"


def _half_range(engine: Mapping[str, Any]) -> float:
    seconds = engine["seconds"]
    return float((seconds["max"] - seconds["min"]) / 2 / seconds["median"]) if seconds["median"] else 0.0


def _spread(engine: Mapping[str, Any]) -> str:
    seconds = engine["seconds"]
    return (
        f"{TITLES[engine['engine']]}: its {engine['runs']} runs took {seconds['min']:.3g} to "
        f"{seconds['max']:.3g} s, {100 * _half_range(engine):.0f} % either way of the median of "
        f"{seconds['median']:.3g} s"
    )


def _undecided(ratio: Mapping[str, Any], figures: Mapping[str, Any], again: str) -> str | None:
    pair = f"{TITLES[ratio['right']]} and {TITLES[ratio['left']]}"
    low, high, floor = ratio["low"], ratio["high"], figures["noise_floor"]
    if low is not None and low <= 1 <= high:
        return (
            f"The interval of the ratio of {pair}, {low:.2f} to {high:.2f}, includes 1: "
            "neither is shown to be faster. "
            f"`{again}` narrows it."
        )
    apart = max(ratio["ratio"], 1 / ratio["ratio"])
    if floor and apart <= floor["ratio"]:
        return (
            f"{pair} differ by a factor of {apart:.2f}, no more than two runs of {TITLES[floor['engine']]} "
            f"on the same input do ({floor['ratio']:.2f}). `{again}` tells more."
        )
    return None
