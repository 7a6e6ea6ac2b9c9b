"""Which engine runs when: warm-up, measured rounds in alternating order, one of them twice as control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engines.run import EngineName

Role = Literal["warm-up", "measured", "control"]


@dataclass(frozen=True)
class Turn:
    """One run to be made."""

    engine: EngineName
    role: Role
    round: int
    """Measured rounds count from 1; the warm-up is 0; the control repeats round 1."""

    @property
    def label(self) -> str:
        """A name for the run's clone, connection, block and log folder."""
        return f"{self.role}-{self.round}-{self.engine}"

    @property
    def title(self) -> str:
        """What the progress shows."""
        which = f" {self.round}" if self.role == "measured" else ""
        return f"{self.role} run{which} on {self.engine}"


def turns(engines: Sequence[EngineName], repeat: int) -> tuple[Turn, ...]:
    """Give the runs in order: A B for the warm-up, then B A, A B, ... so that neither is always first.

    The control comes right after round 1, whose rows it is compared with: the A/A pair of each engine.
    """
    rounds: list[tuple[Role, int]] = [("warm-up", 0), ("measured", 1), ("control", 1)]
    rounds += [("measured", number) for number in range(2, repeat + 1)]
    planned: list[Turn] = []
    for position, (role, number) in enumerate(rounds):
        ordered = list(engines) if position % 2 == 1 else list(reversed(engines))
        planned += [Turn(engine, role, number) for engine in ordered]
    return tuple(planned)


def pairs(engines: Sequence[EngineName]) -> tuple[tuple[EngineName, EngineName], ...]:
    """Give the pairs to compare, the main one first: old -> new, Airflow -> Prefect where both run."""
    main: list[EngineName] = [engine for engine in engines if engine != "standalone"]
    ordered = [*main, *(engine for engine in engines if engine not in main)]
    found = [(left, right) for index, left in enumerate(ordered) for right in ordered[index + 1 :]]
    return tuple((right, left) if right == "standalone" else (left, right) for left, right in found)
