"""What one engine gives differently from run to run, and which differences that accounts for.

The rule is narrow on purpose (docs/decisions/0060-what-counts-as-noise.md): noise must not hide a difference
that is there. A difference is put down to noise only where

1. the left engine (the old one) itself, in its own runs on this input, gave the very state (the value of this
   cell, or this row being there or not) that the right engine gave; or
2. the column came out different in every single row of the left engine's own runs, in at least `FRESH_ROWS`
   rows. Nothing can be said about such a column, and the verdict names it.

What only the right engine gives differently from run to run is shown, and excuses nothing.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from comparison.evidence import OutputPair
from comparison.tables.records import OutputDifference, Sample
from engines.run import EngineName

FRESH_ROWS = 10
"""With a fair coin per row, all of ten rows differ once in 1,024 comparisons."""

ABSENT = "\0absent"
"""The state of a row that is not there."""

Cell = tuple[str, str | None]
"""Key and column as text; no column: the row as a whole."""


@dataclass(frozen=True)
class Noise:
    """What the A/A pairs of an engine show for one output."""

    pairs: int = 0
    changed: int = 0
    missing: int = 0
    extra: int = 0
    seen: Mapping[Cell, frozenset[str]] = field(default_factory=dict)
    """The states that the engine gave, for each cell where its runs differ."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """For outputs without key: how often each row that its runs differ in was surplus in one of them."""
    fresh: frozenset[str] = frozenset()
    """Columns that are different in every row of every A/A pair."""

    @property
    def any(self) -> bool:
        """Whether the engine's own runs differ at all."""
        return bool(self.changed or self.missing or self.extra)


@dataclass(frozen=True)
class Explained:
    """Differences of a pair, split. Counts are cells for changed values and rows for missing and extra."""

    by_noise: int
    real: int
    fresh: tuple[str, ...] = ()
    """Columns with differences that cannot be compared at all."""
    cells: int = 0
    """Those of `by_noise` that were matched one by one."""


def noise_of(pairs: Iterable[OutputPair], engine: EngineName, output: str) -> Noise:
    """Gather what the A/A pairs of this engine among `pairs` show for one output."""
    found = [
        pair.difference
        for pair in pairs
        if pair.is_control and pair.left == engine and pair.name == output and pair.difference is not None
    ]
    if not found:
        return Noise()
    seen: dict[Cell, set[str]] = defaultdict(set)
    rows: Counter[str] = Counter()
    for difference in found:
        surplus: Counter[tuple[str, str]] = Counter()
        for sample in difference.samples:
            if difference.changed is None:
                surplus[sample.kind, _row(sample)] += 1
            else:
                seen[_cell(sample)] |= {_state(sample, old=True), _state(sample, old=False)}
        for (_kind, row), times in surplus.items():
            rows[row] = max(rows[row], times)
    return Noise(
        pairs=len(found),
        changed=max(difference.changed or 0 for difference in found),
        missing=max(difference.missing for difference in found),
        extra=max(difference.extra for difference in found),
        seen={cell: frozenset(states) for cell, states in seen.items()},
        rows=rows,
        fresh=frozenset.intersection(*(_fresh(difference) for difference in found)),
    )


def explain(difference: OutputDifference, noise: Noise) -> Explained:
    """Split the differences of a pair by the noise of its left engine.

    One that is counted but not listed as a sample is taken as real.
    """
    total, explained, fresh = 0, 0, []
    for column in difference.columns:
        if column.changed and column.name in noise.fresh:
            fresh.append(column.name)
            explained += column.changed
        total += column.changed
    if difference.changed and not total:
        total = difference.changed
    total += difference.missing + difference.extra
    if difference.changed is None:
        cells = _explained_rows(difference, noise)
    else:
        cells = _explained_cells(difference, noise)
    return Explained(explained + cells, total - explained - cells, tuple(fresh), cells)


def _explained_cells(difference: OutputDifference, noise: Noise) -> int:
    known: set[Cell] = set()
    for sample in difference.samples:
        if sample.column in noise.fresh:
            continue
        if _state(sample, old=False) in noise.seen.get(_cell(sample), frozenset()):
            known.add(_cell(sample))
    return len(known)


def _explained_rows(difference: OutputDifference, noise: Noise) -> int:
    surplus = Counter((sample.kind, _row(sample)) for sample in difference.samples)
    return sum(min(times, noise.rows.get(row, 0)) for (_kind, row), times in surplus.items())


def _fresh(difference: OutputDifference) -> frozenset[str]:
    common = difference.rows_left - difference.missing
    if difference.changed is None or common < FRESH_ROWS:
        return frozenset()
    return frozenset(column.name for column in difference.columns if column.changed == common)


def _cell(sample: Sample) -> Cell:
    return _text(sample.key), sample.column if sample.kind == "changed" else None


def _state(sample: Sample, *, old: bool) -> str:
    """Give what one side has at this place, as text."""
    if sample.kind == ("extra" if old else "missing"):
        return ABSENT
    return _text(sample.old if old else sample.new)


def _row(sample: Sample) -> str:
    """Give a row of a multiset: the side that has it carries its values."""
    return _text([sample.key, sample.old if sample.kind == "missing" else sample.new])


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
