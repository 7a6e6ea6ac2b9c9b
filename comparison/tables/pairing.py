"""Pairs rows that are near each other: as many as can be paired, whatever the order they come in."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence

Point = tuple[float, ...]
Pair = tuple[int, int]

GRID_DIMENSIONS = 3
"""More coordinates than this are left to the exact test: a grid has 3 to their power neighbours."""
_ROOM = 1.001
"""Cells are this much wider than the tolerance, so that rounding cannot put two neighbours out of reach."""


def candidates(left: Sequence[Point], right: Sequence[Point], tolerances: Sequence[float]) -> list[Pair]:
    """List the pairs that may be within tolerance: those in neighbouring cells of a grid."""
    used = min(len(tolerances), GRID_DIMENSIONS)
    cells: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, point in enumerate(right):
        cells[_cell(point, tolerances, used)].append(number)
    found = []
    steps = list(itertools.product((-1, 0, 1), repeat=used))
    for number, point in enumerate(left):
        home = _cell(point, tolerances, used)
        for step in steps:
            cell = tuple(place + offset for place, offset in zip(home, step, strict=True))
            found += [(number, other) for other in cells.get(cell, ())]
    return found


def _cell(point: Point, tolerances: Sequence[float], used: int) -> tuple[int, ...]:
    return tuple(
        math.floor(value / (tolerance * _ROOM)) if tolerance > 0 and math.isfinite(value / tolerance) else 0
        for value, tolerance in zip(point[:used], tolerances[:used], strict=True)
    )


def match(pairs: Sequence[Pair], accept: Callable[[Sequence[Pair]], Sequence[bool]]) -> list[Pair]:
    """Pick from the pairs that are accepted as many as possible, each row once (a maximum matching).

    Taking the nearest first is not enough: it can use up the only partner of another row.
    """
    reach: dict[int, list[int]] = defaultdict(list)
    for (left, right), accepted in zip(pairs, accept(pairs), strict=True):
        if accepted:
            reach[left].append(right)
    holds: dict[int, int] = {}
    owner: dict[int, int] = {}
    for left, rights in reach.items():
        free = next((right for right in rights if right not in owner), None)
        if free is not None:
            holds[left], owner[free] = free, left
    for left in reach:
        if left not in holds:
            _augment(left, reach, holds, owner)
    return list(holds.items())


def _augment(start: int, reach: dict[int, list[int]], holds: dict[int, int], owner: dict[int, int]) -> None:
    """Find a place for one more left row by moving others to partners that they can also have."""
    came_from: dict[int, int] = {}
    waiting = [start]
    while waiting:
        left = waiting.pop()
        for right in reach[left]:
            if right in came_from:
                continue
            came_from[right] = left
            if right in owner:
                waiting.append(owner[right])
                continue
            freed: int | None = right
            while freed is not None:
                mover = came_from[freed]
                before = holds.get(mover)
                holds[mover], owner[freed] = freed, mover
                freed = before
            return
