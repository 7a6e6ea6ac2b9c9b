"""One run of the pipeline, step by step, as an engine does it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from engines.databases import connected
from pipelines import catalog

PIPELINE = catalog.find("tree_clusters")


@dataclass
class Timed:
    """One run: its steps' seconds and results."""

    seconds: dict[str, float] = field(default_factory=dict)
    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    def where(self) -> str:
        """Say where the time went."""
        return ", ".join(f"{name} {took:.2f}" for name, took in self.seconds.items())


def run(url: str, variant: str = "incremental", **values: Any) -> Timed:
    """Run every step on a connection of its own, a backlog in chunks side by side, as an engine does."""
    settings = catalog.settings_for(PIPELINE, {"variant": variant, **values})
    timed = Timed()
    for step in PIPELINE.steps:
        given: list[Any] = [timed.results[name] for name in step.needs]
        began = time.monotonic()
        if step.split and step.split.wanted(settings, *given):
            given.append(_in_parts(url, step.split, settings, given))
        with connected(url) as connection:
            timed.results[step.name] = step.run(connection, settings, *given)
        timed.seconds[step.name] = time.monotonic() - began
    return timed


def _in_parts(url: str, split: catalog.Split, settings: Any, given: Sequence[Any]) -> list[Any]:
    def part(one: Any) -> Any:
        with connected(url) as connection:
            return split.run_part(connection, settings, one)

    with connected(url) as connection:
        parts = split.make_parts(connection, settings, *given)
    with ThreadPoolExecutor(split.at_once(settings)) as pool:
        return list(pool.map(part, parts))


def median_of(runs: Sequence[Timed]) -> Timed:
    """Give the run in the middle."""
    return sorted(runs, key=lambda one: one.total)[len(runs) // 2]


def spread(runs: Sequence[Timed]) -> str:
    """Say where the time of the run in the middle went, and how far the others were from it."""
    totals = sorted(one.total for one in runs)
    return f"{median_of(runs).where()}; {totals[0]:.2f} to {totals[-1]:.2f} in {len(runs)} runs"
