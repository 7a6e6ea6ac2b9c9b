"""Clusters by cells: the pure part against the oracle, and the database's after changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from pipelines.tree_clusters import linkage
from pipelines.tree_clusters.linkage import Cell, CellAt, Position, cell_side, link
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import oracle, worlds
from tests.pipelines.oracle import Region, Tree

DISTANCE = 0.005
# A quarter of the distance apart: many pairs are exactly at the limit, or a rounding beside it.
lattice = st.integers(-12, 12).map(lambda step: step / 800)
exact = st.tuples(lattice, lattice)
anywhere = st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
far = st.tuples(st.sampled_from((-180.0, 0.0, 179.999, 180.0)), st.floats(-90, 90))
positions = st.one_of(exact, exact, anywhere, anywhere, far)


def _cells(points: Sequence[Position]) -> dict[CellAt, list[Position]]:
    side = cell_side(DISTANCE)
    found: dict[CellAt, list[Position]] = {}
    for lon, lat in points:
        found.setdefault((math.floor(lon / side), math.floor(lat / side)), []).append((lon, lat))
    return found


def _linked(points: Sequence[Position]) -> Counter[tuple[int, float, float]]:
    members = _cells(points)
    cells = [
        Cell(at, len(inside), sum(x for x, _ in inside), sum(y for _, y in inside),
             min(x for x, _ in inside), min(y for _, y in inside),
             max(x for x, _ in inside), max(y for _, y in inside))
        for at, inside in members.items()
    ]  # fmt: skip
    clusters = link(cells, DISTANCE, lambda wanted: {at: members[at] for at in wanted})
    assert Counter(at for cluster in clusters for at in cluster.cells) == Counter(list(members))
    return Counter((one.trees, oracle.rounded(one.lon), oracle.rounded(one.lat)) for one in clusters)


@settings(max_examples=400, deadline=None)
@given(st.lists(positions, max_size=60))
def test_cells_give_the_clusters_of_the_oracle(points: list[Position]) -> None:
    assert _linked(points) == oracle.clusters(points, DISTANCE)


def test_points_are_fetched_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkage, "FETCHED_CELLS", 3)
    # Chains whose links are only just long enough, so that bounds alone do not tell.
    points = [(step * 0.0049, row * 0.0049 + step % 2 * 0.001) for step in range(12) for row in range(3)]
    points += [(lon + 0.002, lat + 0.002) for lon, lat in points]
    assert _linked(points) == oracle.clusters(points, DISTANCE)


@pytest.fixture(scope="module")
def upgraded(postgres: Cluster) -> Iterator[Connection]:
    url = create_database(postgres.url(), "linkage", template="postgis")
    worlds.create_schema(url)
    worlds.upgrade(url)
    with connected(url) as connection:
        yield connection
    drop_database(postgres.url(), "linkage")


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(st.tuples(st.one_of(exact, anywhere), st.booleans()), min_size=1, max_size=30),
    moves=st.dictionaries(st.integers(1, 30), st.one_of(st.none(), exact, anywhere), max_size=4),
    added=st.lists(st.one_of(exact, anywhere), max_size=4),
)
def test_clusters_follow_changes(
    upgraded: Connection,
    before: list[tuple[Position, bool]],
    moves: dict[int, Position | None],
    added: list[Position],
) -> None:
    trees = {number: Tree(number, *values) for number, values in enumerate(before, 1)}
    worlds.fill(upgraded, trees.values(), ())
    worlds.run(upgraded, variant="incremental")
    for number, position in moves.items():
        if number in trees:
            trees[number] = Tree(number, position, trees[number].active)
            worlds.move(upgraded, number, position)
    for number, position in enumerate(added, 100):
        trees[number] = Tree(number, position)
        worlds.plant(upgraded, trees[number])
    worlds.run(upgraded, variant="incremental")
    located = [tree.position for tree in trees.values() if tree.active and tree.position is not None]
    assert worlds.found_clusters(upgraded) == oracle.clusters(located, DISTANCE)


@pytest.mark.parametrize("bridge", [(0.005, 0.0), (0.0, 0.005), (0.0035, 0.0035), (-0.0035, 0.0035)])
def test_a_tree_between_two_clusters_makes_them_one_and_its_going_two(
    upgraded: Connection, bridge: Position
) -> None:
    ends = (Tree(1, (0.0, 0.0)), Tree(2, (2 * bridge[0], 2 * bridge[1])))
    worlds.fill(upgraded, ends, [Region(1, ((-1, -1), (1, -1), (1, 1)), {14: 1})])
    worlds.run(upgraded, variant="incremental")
    assert [count for count, _, _ in worlds.found_clusters(upgraded)] == [1, 1]
    worlds.plant(upgraded, Tree(3, bridge))
    worlds.run(upgraded, variant="incremental")
    (only,) = worlds.found_clusters(upgraded)
    assert only == (3, oracle.rounded(bridge[0]), oracle.rounded(bridge[1]))
    worlds.run_statements(upgraded, "UPDATE trees SET active = false WHERE id = 3")
    worlds.run(upgraded, variant="incremental")
    assert [count for count, _, _ in worlds.found_clusters(upgraded)] == [1, 1]


def test_a_cluster_that_somebody_has_deleted_comes_back_with_its_next_tree(upgraded: Connection) -> None:
    worlds.fill(upgraded, [Tree(1, (0.0, 0.0)), Tree(2, (0.5, 0.5))], ())
    worlds.run(upgraded, variant="incremental")
    worlds.run_statements(upgraded, "DELETE FROM clusters")
    worlds.plant(upgraded, Tree(3, (0.001, 0.0)))
    worlds.run(upgraded, variant="incremental")
    assert sorted(count for count, _, _ in worlds.found_clusters(upgraded)) == [1, 2]


def test_clusters_that_nothing_has_happened_to_keep_their_ids(upgraded: Connection) -> None:
    worlds.fill(upgraded, [Tree(1, (0.0, 0.0)), Tree(2, (0.5, 0.5))], ())
    worlds.run(upgraded, variant="incremental")
    before = set(worlds.rows(upgraded, "SELECT id FROM clusters"))
    worlds.plant(upgraded, Tree(3, (0.001, 0.0)))
    worlds.plant(upgraded, Tree(4, (0.7, 0.7)))
    worlds.run(upgraded, variant="incremental")
    assert before < set(worlds.rows(upgraded, "SELECT id FROM clusters"))
