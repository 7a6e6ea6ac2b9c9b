"""What tree_clusters must give, worked out without any SQL: shapely for regions, union-find for clusters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shapely import Point, Polygon

Position = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A region and the priorities that it has by zoom level; the higher wins."""

    id: int
    corners: tuple[Position, ...]
    priorities: Mapping[int, int]


@dataclass(frozen=True)
class Tree:
    """A tree; no position: nobody took it."""

    id: int
    position: Position | None
    active: bool = True


def tree_regions(trees: Iterable[Tree], regions: Sequence[Region]) -> set[tuple[int, int, int]]:
    """Give (tree, zoom level, region) for every active tree within regions; no two may tie."""
    outlines = [(region, Polygon(region.corners)) for region in regions]
    chosen: dict[tuple[int, int], tuple[int, int]] = {}
    for tree in trees:
        if tree.position is None or not tree.active:
            continue
        point = Point(tree.position)
        for region, outline in outlines:
            if not point.within(outline):
                continue
            for zoom_level, priority in region.priorities.items():
                best = chosen.get((tree.id, zoom_level))
                if best is None or priority > best[0]:
                    chosen[tree.id, zoom_level] = (priority, region.id)
    return {(tree, zoom_level, region) for (tree, zoom_level), (_, region) in chosen.items()}


def clusters(positions: Sequence[Position], distance: float) -> Counter[tuple[int, float, float]]:
    """Give (count, longitude, latitude) of single-linkage clusters; coordinates rounded to 8 decimals."""
    leader = list(range(len(positions)))

    def find(one: int) -> int:
        while leader[one] != one:
            one = leader[one]
        return one

    for left, (x, y) in enumerate(positions):
        for right in range(left):
            other = positions[right]
            if math.sqrt((x - other[0]) ** 2 + (y - other[1]) ** 2) <= distance:
                leader[find(left)] = find(right)
    members: dict[int, list[Position]] = {}
    for number, position in enumerate(positions):
        members.setdefault(find(number), []).append(position)
    return Counter(
        (
            len(group),
            rounded(sum(x for x, _ in group) / len(group)),
            rounded(sum(y for _, y in group) / len(group)),
        )
        for group in members.values()
    )


def rounded(degrees: float) -> float:
    """Round so that equal centroids compare equal whatever the order of summing; no minus zero."""
    return round(degrees, 8) + 0.0
