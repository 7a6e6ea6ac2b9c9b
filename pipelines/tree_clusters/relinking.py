"""Which clusters grow, shrink, merge or split when few of many cells have changed.

A cell that only trees have come to can make links, never break them: its links with the 24 cells around it
are all that needs a look. A cell that trees have left can break links. Then its cluster stays in one piece if
all cells of it next to the change are still linked by way of cells near by; where that cannot be seen, the
cluster is in doubt and linked anew as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipelines.tree_clusters.linkage import (
    AHEAD,
    Cell,
    CellAt,
    Cluster,
    Fetch,
    Forest,
    cluster_of,
    join_linked,
)

AROUND = tuple((x, y) for x in range(-2, 3) for y in range(-2, 3) if (x, y) != (0, 0))
"""The 24 cells that a cell can be linked with."""


@dataclass(frozen=True)
class Known:
    """A cell as it is now, and the cluster that it belonged to before."""

    cell: Cell
    cluster: int | None
    """None: it is new."""


@dataclass(frozen=True)
class Relinked:
    """What has become of the clusters."""

    merged: dict[int, int]
    """Clusters that went into another one, whole: old to new."""
    moved: dict[CellAt, int]
    """Further cells that belong to another cluster now."""
    made: list[Cluster]
    """Clusters that were none before."""
    touched: set[int]
    """Clusters that were there whose sums have changed, or to which nothing belongs any more."""


def in_doubt(
    near: Mapping[CellAt, Known], left: Collection[CellAt], distance: float, fetch: Fetch
) -> set[int]:
    """Give the clusters that may have come apart where trees have left.

    `near` holds at least the cells up to two away from those in `left`, which need not be there themselves.
    """
    around = {
        at for x, y in left for dx in range(-2, 3) for dy in range(-2, 3) if (at := (x + dx, y + dy)) in near
    }
    cells = {at: near[at].cell for at in around}
    forest = Forest[CellAt](cells)
    pairs = (
        (at, other)
        for at in cells
        for x, y in AHEAD
        if (other := (at[0] + x, at[1] + y)) in cells and near[at].cluster == near[other].cluster
    )
    join_linked(forest, cells, pairs, distance, fetch)
    doubted = set()
    for spot in _spots(left):
        piece: dict[int, CellAt] = {}
        for x, y in spot:
            for dx, dy in ((0, 0), *AROUND):
                at = (x + dx, y + dy)
                if at not in cells or (cluster := near[at].cluster) is None or cluster in doubted:
                    continue
                top = forest.top(at)
                if piece.setdefault(cluster, top) != top:
                    doubted.add(cluster)
    return doubted


def _spots(left: Collection[CellAt]) -> Iterable[list[CellAt]]:
    """Give those cells by what a path could pass through without touching another cell."""
    forest = Forest[CellAt](left)
    for x, y in left:
        for dx, dy in AHEAD:
            if (other := (x + dx, y + dy)) in left:
                forest.join((x, y), other)
    return forest.groups()


def relink(
    near: Mapping[CellAt, Known],
    changed: Collection[CellAt],
    doubted: Collection[int],
    sizes: Mapping[int, int],
    distance: float,
    fetch: Fetch,
) -> Relinked:
    """Link the changed cells with those around them, and the clusters in doubt anew.

    `near` holds the changed cells, all cells up to two away from them, and all cells of the clusters in
    doubt. `sizes`: trees by cluster; of clusters that merge the largest stays.
    """
    whole = {known.cluster for known in near.values() if known.cluster is not None} - set(doubted)
    forest: Forest[CellAt | int] = Forest((*near, *whole))
    for at, known in near.items():
        if known.cluster in whole:
            forest.join(at, known.cluster)
    cells = {at: known.cell for at, known in near.items()}
    join_linked(forest, cells, _pairs(near, changed, doubted), distance, fetch)

    result = Relinked({}, {}, [], set(doubted))
    pieces = []
    for group in forest.groups():
        wholes = [node for node in group if isinstance(node, int)]
        places = [node for node in group if not isinstance(node, int)]
        if not wholes:
            pieces.append(places)
        elif len(wholes) > 1 or any(at in changed or near[at].cluster not in whole for at in places):
            stays = max(wholes, key=lambda number: (sizes.get(number, 0), -number))
            result.merged.update((number, stays) for number in wholes if number != stays)
            result.moved.update((at, stays) for at in places if near[at].cluster not in whole)
            result.touched.update(wholes)
    _name(pieces, near, result)
    return result


def _pairs(
    near: Mapping[CellAt, Known], changed: Collection[CellAt], doubted: Collection[int]
) -> Iterator[tuple[CellAt, CellAt]]:
    """Give the pairs of cells whose link is new, or in doubt."""
    for at, known in near.items():
        if at in changed:
            for x, y in AROUND:
                other = (at[0] + x, at[1] + y)
                if other in near and (other not in changed or at < other):
                    yield at, other
        elif known.cluster in doubted:
            for x, y in AHEAD:
                other = (at[0] + x, at[1] + y)
                if other in near and other not in changed and near[other].cluster == known.cluster:
                    yield at, other


def _name(pieces: list[list[CellAt]], near: Mapping[CellAt, Known], result: Relinked) -> None:
    """Give pieces of clusters in doubt the id of the one that they have most cells of; others are new."""
    claims = [
        (cells, number, index)
        for index, places in enumerate(pieces)
        for number, cells in Counter(near[at].cluster for at in places).items()
        if number is not None
    ]
    named: dict[int, int] = {}
    for _, number, index in sorted(claims, key=lambda claim: (-claim[0], claim[1:])):
        if index not in named and number not in named.values():
            named[index] = number
    for index, places in enumerate(pieces):
        if index in named:
            result.moved.update((at, named[index]) for at in places if near[at].cluster != named[index])
        else:
            result.made.append(cluster_of([near[at].cell for at in places]))
