"""Counts differences as they are found, and keeps the worst of them as samples."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Mapping, Sequence

from comparison.tables.records import ColumnDifference, Sample, SampleKind

Text = str | None
Key = tuple[Text, ...]


class Worst:
    """The worst few of many samples, in memory that does not grow."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[float, int, Sample]] = []
        self._numbers = itertools.count()

    def add(self, badness: float, sample: Sample) -> None:
        """Keep the sample if it is among the worst; of equals, the ones that came first."""
        if self._limit <= 0:
            return
        item = (badness, -next(self._numbers), sample)
        if len(self._heap) < self._limit:
            heapq.heappush(self._heap, item)
        elif item > self._heap[0]:
            heapq.heapreplace(self._heap, item)

    def samples(self) -> list[Sample]:
        """Give them, the worst first."""
        return [item[2] for item in sorted(self._heap, key=lambda item: item[:2], reverse=True)]


class Tally:
    """What a comparison has found so far."""

    def __init__(self, columns: Sequence[str], sample_limit: int) -> None:
        self.rows_left = 0
        self.rows_right = 0
        self.changed = 0
        self.missing = 0
        self.extra = 0
        self.cells = dict.fromkeys(columns, 0)
        self._limit = sample_limit
        self._cells = {name: Worst(sample_limit) for name in columns}
        self._rows: dict[SampleKind, Worst] = {"missing": Worst(sample_limit), "extra": Worst(sample_limit)}

    def change(self, key: Key, cells: Mapping[str, tuple[Text, Text]]) -> None:
        """Count a row that differs in these columns."""
        self.changed += 1
        for name, (old, new) in cells.items():
            self.cells[name] += 1
            self._cells[name].add(badness(old, new), Sample("changed", key, name, old, new))

    def miss(self, key: Key | None, row: Mapping[str, Text], times: int = 1) -> None:
        """Count a row that only the left side has."""
        self.missing += times
        for _ in range(min(times, self._limit)):
            self._rows["missing"].add(0.0, Sample("missing", key, None, dict(row), None))

    def surplus(self, key: Key | None, row: Mapping[str, Text], times: int = 1) -> None:
        """Count a row that only the right side has."""
        self.extra += times
        for _ in range(min(times, self._limit)):
            self._rows["extra"].add(0.0, Sample("extra", key, None, None, dict(row)))

    def columns(self) -> tuple[ColumnDifference, ...]:
        """Give the count and share of each column."""
        common = self.rows_left - self.missing
        return tuple(
            ColumnDifference(name, count, count / common if common else 0.0)
            for name, count in self.cells.items()
        )

    def samples(self) -> tuple[Sample, ...]:
        """Give the worst cells of each column in turn, up to the limit; then missing and extra rows."""
        by_column = [worst.samples() for worst in self._cells.values()]
        turns = itertools.zip_longest(*by_column)
        cells = [sample for turn in turns for sample in turn if sample is not None]
        return (*cells[: self._limit], *self._rows["missing"].samples(), *self._rows["extra"].samples())


def badness(old: Text, new: Text) -> float:
    """Say how far apart two values are: for numbers the relative difference (0 to 2), otherwise 1."""
    if old is None or new is None:
        return 1.0
    try:
        first, second = float(old), float(new)
    except ValueError:
        return 1.0
    scale = max(abs(first), abs(second))
    if not (math.isfinite(first) and math.isfinite(second)) or scale == 0:
        return 1.0
    return abs(first - second) / scale
