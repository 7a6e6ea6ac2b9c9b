"""Exact single-linkage clusters of points that are already gathered in small square cells.

The side of a cell is a little under distance / sqrt(2), so that all points of a cell are one cluster, and
points of cells more than two apart never link. Two cells are linked for certain if the far corners of their
bounds, or the points that make the bounds nearest each other, are near enough, and for certain not if the
bounds themselves are not; only what lies between, and is not linked by way of others, needs the points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

CellAt = tuple[int, int]
"""Column and row."""
Position = tuple[float, float]
"""Longitude and latitude in degrees."""
Fetch = Callable[[Sequence[CellAt]], Mapping[CellAt, Sequence[Position]]]
"""Gives the points of cells."""

Member = TypeVar("Member", bound=Hashable)

FETCHED_CELLS = 5_000
"""Cells whose points are held at a time."""
AHEAD = tuple((x, y) for x in range(3) for y in range(-2, 3) if x > 0 or y > 0)
"""The half of the 24 cells around one that makes each pair come up once."""


@dataclass(frozen=True)
class Cell:
    """The points of one cell, summed up."""

    at: CellAt
    trees: int
    sum_lon: float
    sum_lat: float
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Cluster:
    """One cluster: number of trees, centroid in degrees, and the cells that it is made of."""

    trees: int
    lon: float
    lat: float
    cells: tuple[CellAt, ...]


def cell_side(distance: float) -> float:
    """Give the side of a cell; the small margin covers rounding in `floor(x / side)`."""
    return distance / math.sqrt(2) * (1 - 1e-9)


class Forest(Generic[Member]):
    """Union-find."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._above = {member: member for member in members}

    def top(self, member: Member) -> Member:
        """Give the member that stands for all that this one is joined with."""
        above = self._above
        while above[member] != member:
            above[member] = above[above[member]]
            member = above[member]
        return member

    def join(self, left: Member, right: Member) -> None:
        """Join two members."""
        self._above[self.top(left)] = self.top(right)

    def apart(self, left: Member, right: Member) -> bool:
        """Tell whether two members are not joined, by whatever way."""
        return self.top(left) != self.top(right)

    def groups(self) -> Iterable[list[Member]]:
        """Give the members by what they are joined with."""
        found: dict[Member, list[Member]] = {}
        for member in self._above:
            found.setdefault(self.top(member), []).append(member)
        return found.values()


def link(cells: Iterable[Cell], distance: float, fetch: Fetch) -> list[Cluster]:
    """Give the clusters of these cells: points at most `distance` apart are linked, transitively."""
    by_place = {cell.at: cell for cell in cells}
    forest = Forest[CellAt](by_place)
    pairs = (
        (at, other) for at in by_place for x, y in AHEAD if (other := (at[0] + x, at[1] + y)) in by_place
    )
    join_linked(forest, by_place, pairs, distance, fetch)
    return [cluster_of([by_place[at] for at in group]) for group in forest.groups()]


def join_linked(
    forest: Forest[Any],
    cells: Mapping[CellAt, Cell],
    pairs: Iterable[tuple[CellAt, CellAt]],
    distance: float,
    fetch: Fetch,
) -> None:
    """Join those pairs of cells that have points at most `distance` apart, unless they are joined already."""
    doubtful = []
    for at, beside in pairs:
        cell, other = cells[at], cells[beside]
        if _farthest(cell, other) <= distance or _reach(cell, other) <= distance:
            forest.join(at, beside)
        elif (gap := _gap(cell, other)) <= distance:
            doubtful.append((gap, at, beside))
    # The nearest first: most of the others are then linked by way of these.
    doubtful.sort()
    while doubtful := [pair for pair in doubtful if forest.apart(pair[1], pair[2])]:
        batch, wanted = [], set[CellAt]()
        for pair in doubtful:
            if len(wanted) >= FETCHED_CELLS:
                break
            batch.append(pair)
            wanted.update(pair[1:])
        doubtful = doubtful[len(batch) :]
        points = fetch(sorted(wanted))
        for _, left, right in batch:
            if forest.apart(left, right) and _near(points[left], points[right], cells[right], distance):
                forest.join(left, right)


def cluster_of(cells: Sequence[Cell]) -> Cluster:
    """Sum cells up to a cluster."""
    trees = sum(cell.trees for cell in cells)
    return Cluster(
        trees=trees,
        lon=math.fsum(cell.sum_lon for cell in cells) / trees,
        lat=math.fsum(cell.sum_lat for cell in cells) / trees,
        cells=tuple(cell.at for cell in cells),
    )


def _length(x: float, y: float) -> float:
    return math.sqrt(x * x + y * y)


def _farthest(left: Cell, right: Cell) -> float:
    return _length(
        max(left.east - right.west, right.east - left.west),
        max(left.north - right.south, right.north - left.south),
    )


def _reach(left: Cell, right: Cell) -> float:
    """Give a distance that the easternmost point of one and the westernmost of the other surely keep.

    Or the northernmost and the southernmost, if that is less: bounds are where points are.
    """
    if left.at[0] > right.at[0]:
        left, right = right, left
    across = along = math.inf
    if left.at[0] < right.at[0]:
        across = _length(right.west - left.east, max(left.north - right.south, right.north - left.south))
    if left.at[1] > right.at[1]:
        left, right = right, left
    if left.at[1] < right.at[1]:
        along = _length(right.south - left.north, max(left.east - right.west, right.east - left.west))
    return min(across, along)


def _gap(left: Cell, right: Cell) -> float:
    return _length(
        max(left.west - right.east, right.west - left.east, 0.0),
        max(left.south - right.north, right.south - left.north, 0.0),
    )


def _near(left: Sequence[Position], right: Sequence[Position], bounds: Cell, distance: float) -> bool:
    """Tell whether any two points of the two cells are near enough; `bounds` are those of `right`."""
    return any(
        _length(lon - other_lon, lat - other_lat) <= distance
        for lon, lat in left
        if _length(
            max(bounds.west - lon, lon - bounds.east, 0.0), max(bounds.south - lat, lat - bounds.north, 0.0)
        )
        <= distance
        for other_lon, other_lat in right
    )
