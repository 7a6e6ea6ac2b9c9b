"""What a comparison rests on: runs with their roles, outputs of two engines set side by side, the input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from comparison.rounds import Role
from comparison.tables.records import OutputDifference
from engines.run import EngineName, Run, run_as_json


@dataclass(frozen=True)
class RoledRun:
    """A run, and what it was for."""

    run: Run
    role: Role
    """A control is a second run of an engine on the same input: what differs between the two is noise."""
    order: int
    """Place in the sequence of all runs of the comparison, from 1."""
    round: int = 1
    """Measured rounds count from 1, one run per engine each; a control belongs to the round it repeats."""


def roled_as_json(roled: RoledRun) -> dict[str, Any]:
    """Give the run as it stands in report.json: `run_as_json` with `role`, `round` and `order`."""
    return {**run_as_json(roled.run), "role": roled.role, "round": roled.round, "order": roled.order}


@dataclass(frozen=True)
class OutputPair:
    """One output of two engines, left (old) and right (new); of one engine twice for an A/A pair."""

    left: EngineName
    right: EngineName
    name: str
    difference: OutputDifference | None
    problem: str | None = None
    """Why the two could not be compared, in a sentence; then there is no difference."""
    round: int = 1

    def __post_init__(self) -> None:
        """Refuse a pair that is neither compared nor explained."""
        if (self.difference is None) == (self.problem is None):
            raise ValueError(f"{self.name}: either a difference or a problem, not both and not neither")

    @property
    def is_control(self) -> bool:
        """Whether this is an A/A pair."""
        return self.left == self.right


@dataclass(frozen=True)
class InputFacts:
    """What every run started from."""

    hash: str
    source: str
    """In words: where the rows came from."""
    tables: Mapping[str, int] = field(default_factory=dict)
    """Rows by input table."""


@dataclass(frozen=True)
class EngineSetup:
    """What it took to have an engine ready for its first run. None where that could not be measured."""

    engine: EngineName
    start_seconds: float | None = None
    idle_memory_bytes: int | None = None
    """Proportional set size of its servers before the first run; 0 for an engine without servers."""
    used_existing: bool = False
    """Whether it was the user's own, so that nothing was started."""
