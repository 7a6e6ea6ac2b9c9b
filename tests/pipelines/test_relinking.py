"""Relinking around changed cells gives the clusters that linking everything anew gives."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipelines.tree_clusters.linkage import Cell, CellAt, Position, cell_side, link
from pipelines.tree_clusters.relinking import AROUND, Known, in_doubt, relink
from tests.pipelines import oracle

DISTANCE = 0.005
SIDE = cell_side(DISTANCE)
# Dense enough that clusters reach over many cells, sparse enough that they come apart.
lattice = st.integers(-10, 10).map(lambda step: step / 400)
positions = st.one_of(
    st.tuples(lattice, lattice), st.tuples(st.floats(-0.025, 0.025), st.floats(-0.025, 0.025))
)


def _members(points: Sequence[Position]) -> dict[CellAt, list[Position]]:
    found: dict[CellAt, list[Position]] = {}
    for lon, lat in points:
        found.setdefault((math.floor(lon / SIDE), math.floor(lat / SIDE)), []).append((lon, lat))
    return found


def _cells(members: Mapping[CellAt, Sequence[Position]]) -> dict[CellAt, Cell]:
    return {
        at: Cell(at, len(inside), math.fsum(x for x, _ in inside), math.fsum(y for _, y in inside),
                 min(x for x, _ in inside), min(y for _, y in inside),
                 max(x for x, _ in inside), max(y for _, y in inside))
        for at, inside in members.items()
    }  # fmt: skip


class Kept:
    """Cells and the clusters that they belong to, changed as the step rebuild_clusters does."""

    def __init__(self, points: Sequence[Position]) -> None:
        self.points = list(points)
        self.members = _members(self.points)
        self.owner: dict[CellAt, int] = {}
        self.next_id = 1
        self.doubted = 0
        for cluster in link(_cells(self.members).values(), DISTANCE, self.fetch):
            self.owner.update(dict.fromkeys(cluster.cells, self.next_id))
            self.next_id += 1

    def fetch(self, cells: Sequence[CellAt]) -> Mapping[CellAt, Sequence[Position]]:
        return {at: self.members[at] for at in cells}

    def change(self, gone: Sequence[int], added: Sequence[Position]) -> None:
        """Take points away, by their number, and add others."""
        taken = {number % len(self.points) for number in gone} if self.points else set()
        left = set(_members([self.points[number] for number in taken]))
        came = set(_members(added))
        self.points = [point for number, point in enumerate(self.points) if number not in taken]
        self.points += added
        self.members = _members(self.points)
        known = set(self.owner.values())
        vanished = {self.owner.pop(at) for at in left if at not in self.members}
        cells = _cells(self.members)
        near = {
            at: Known(cells[at], self.owner.get(at))
            for x, y in left | came
            for dx, dy in ((0, 0), *AROUND)
            if (at := (x + dx, y + dy)) in cells
        }
        doubted = in_doubt(near, left, DISTANCE, self.fetch)
        near |= {at: Known(cells[at], number) for at, number in self.owner.items() if number in doubted}
        changed = {at for at in left | came if at in cells}
        sizes = dict.fromkeys(self.owner.values(), 1)
        relinked = relink(near, changed, doubted, sizes, DISTANCE, self.fetch)
        self._apply(relinked.merged, relinked.moved)
        for cluster in relinked.made:
            self.owner.update(dict.fromkeys(cluster.cells, self.next_id))
            self.next_id += 1
        self.doubted += len(doubted)
        # Of all clusters that were there and are no more, somebody is told.
        assert known - set(self.owner.values()) <= relinked.touched | vanished

    def _apply(self, merged: Mapping[int, int], moved: Mapping[CellAt, int]) -> None:
        self.owner = {at: merged.get(number, number) for at, number in self.owner.items()}
        self.owner.update(moved)

    def clusters(self) -> set[frozenset[CellAt]]:
        found: dict[int, set[CellAt]] = {}
        for at, number in self.owner.items():
            found.setdefault(number, set()).add(at)
        return {frozenset(places) for places in found.values()}


def _some(chosen: random.Random, number: int) -> list[Position]:
    """Points about as dense as makes clusters of many cells that hang together by little."""
    return [
        (chosen.uniform(-0.02, 0.02), chosen.uniform(-0.02, 0.02))
        if chosen.random() < 0.5
        else (chosen.randint(-8, 8) / 400, chosen.randint(-8, 8) / 400)
        for _ in range(number)
    ]


@settings(max_examples=300, deadline=None)
@given(st.lists(positions, max_size=60), st.integers(0, 60), st.integers(0, 2**32))
def test_what_is_relinked_is_what_linking_everything_gives(
    before: list[Position], further: int, seed: int
) -> None:
    chosen = random.Random(seed)
    kept = Kept(before + _some(chosen, further))
    for _ in range(4):
        gone = [chosen.randrange(1000) for _ in range(chosen.randint(0, 6))]
        kept.change(gone, _some(chosen, chosen.randint(0, 4)))
        event(f"clusters in doubt so far: {min(kept.doubted, 3)}")
        anew = link(_cells(kept.members).values(), DISTANCE, kept.fetch)
        assert kept.clusters() == {frozenset(cluster.cells) for cluster in anew}
        assert sum(oracle.clusters(kept.points, DISTANCE).values()) == len(kept.clusters())


def test_a_ring_that_is_cut_stays_one_cluster_and_cut_twice_becomes_two() -> None:
    ring = [
        (0.02 * math.cos(turn / 32 * math.tau), 0.02 * math.sin(turn / 32 * math.tau)) for turn in range(32)
    ]
    kept = Kept(ring)
    kept.change([0, 1], [])
    assert len(kept.clusters()) == 1
    kept.change([14, 15], [])
    assert len(kept.clusters()) == 2


def test_the_largest_of_the_merged_clusters_keeps_its_id() -> None:
    kept = Kept([(0.0, 0.0), (0.008, 0.0)])
    assert len(set(kept.owner.values())) == 2
    kept.change([], [(0.004, 0.0)])
    assert set(kept.owner.values()) < {1, 2} and len(kept.clusters()) == 1
