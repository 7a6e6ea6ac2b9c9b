"""The variant that keeps the original's statements: its rows by the oracle, its commits, its failures."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.databases import connected
from pipelines import catalog
from pipelines.errors import CannotProceedError
from pipelines.tree_clusters import sample, steps
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import oracle, worlds
from tests.pipelines.oracle import Region, Tree

FAITHFUL = TreeClusterSettings(variant="faithful")
SQUARE = ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1))
INNER = ((0.02, 0.02), (0.06, 0.02), (0.06, 0.06), (0.02, 0.06))
WORLD = (Region(1, SQUARE, {1: 1, 2: 1}), Region(2, INNER, {2: 5, 14: 1}))

# Corners and trees share a lattice, so that trees lie on borders and corners, and on each other.
lattice = st.integers(0, 10).map(lambda step: step / 100)
positions = st.one_of(
    st.tuples(lattice, lattice),
    st.tuples(st.floats(-0.01, 0.11, allow_subnormal=False), st.floats(-0.01, 0.11, allow_subnormal=False)),
)


@st.composite
def worlds_without_ties(draw: st.DrawFn) -> tuple[list[Tree], list[Region]]:
    """Draw trees, and regions that each have priorities of their own."""
    regions = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        west, east = sorted(draw(st.lists(lattice, min_size=2, max_size=2, unique=True)))
        south, north = sorted(draw(st.lists(lattice, min_size=2, max_size=2, unique=True)))
        corners: tuple[tuple[float, float], ...] = (
            (west, south),
            (east, south),
            (east, north),
            (west, north),
        )
        corners = corners[: draw(st.sampled_from((3, 4)))]
        zooms = draw(st.lists(st.integers(1, 4), unique=True, max_size=3))
        # number % 10 keeps priorities apart between regions
        regions.append(
            Region(number, corners, {zoom: 10 * draw(st.integers(0, 3)) + number for zoom in zooms})
        )
    drawn = draw(st.lists(st.tuples(st.one_of(st.none(), positions), st.booleans()), max_size=25))
    return [Tree(number, position, active) for number, (position, active) in enumerate(drawn, 1)], regions


@settings(max_examples=80, deadline=None)
@given(worlds_without_ties())
def test_rows_are_those_of_the_oracle(connection: Connection, world: tuple[list[Tree], list[Region]]) -> None:
    trees, regions = world
    worlds.fill(connection, trees, regions)
    results = worlds.run(connection, variant="faithful")

    expected = oracle.tree_regions(trees, regions)
    assigned = {tree for tree, _, _ in expected}
    found = worlds.outputs(connection)
    assert found["tree_region"] == sorted(expected)
    assert found["trees"] == [(tree.id, tree.active, tree.id in assigned) for tree in trees]
    assert worlds.found_view(connection) == worlds.as_view(expected, {tree.id: True for tree in trees})
    assert results["count_new_trees"] == {"new_trees": sum(tree.active for tree in trees)}
    assert results["assign_regions"] == {"rows": len(expected), "trees": len(assigned)}
    if expected:
        located = [tree.position for tree in trees if tree.active and tree.position is not None]
        assert worlds.found_clusters(connection) == oracle.clusters(located, FAITHFUL.cluster_distance)
        assert results["rebuild_clusters"]["clusters"] == len(found["clusters"])


def test_nothing_inserted_leaves_view_and_clusters_and_says_so(connection: Connection) -> None:
    worlds.fill(connection, [Tree(1, (0.05, 0.05))], WORLD)
    worlds.run(connection, variant="faithful")
    before = worlds.outputs(connection)
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE trees SET active = false WHERE id = 1")
    results = worlds.run(connection, variant="faithful")

    assert results["assign_regions"] == {"rows": 0, "trees": 0}
    assert results["refresh_view"]["refreshed"] is False
    assert "no tree got a region" in results["refresh_view"]["reason"]
    assert results["rebuild_clusters"]["rebuilt"] is False
    assert worlds.outputs(connection)["clusters"] == before["clusters"]


def test_each_part_is_committed_when_the_next_one_fails(connection: Connection) -> None:
    worlds.fill(connection, [Tree(1, (0.05, 0.05))], WORLD)
    with connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clusters RENAME COLUMN count TO number")
    try:
        with pytest.raises(psycopg2.errors.UndefinedColumn):
            worlds.run(connection, variant="faithful")
        found = worlds.rows(connection, "SELECT tree_id, zoom_level FROM tree_region")
        assert found == [(1, 1), (1, 2), (1, 14)]
        assert len(worlds.rows(connection, "SELECT id FROM active_tree_region")) == 3
        assert worlds.rows(connection, "SELECT id FROM clusters") == []
    finally:
        with connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE clusters RENAME COLUMN number TO count")


def test_assigning_and_flagging_is_one_commit(connection: Connection) -> None:
    worlds.fill(connection, [Tree(1, (0.05, 0.05))], WORLD)
    with connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trees ADD CONSTRAINT never CHECK (NOT cluster_regions_assigned)")
    try:
        with pytest.raises(psycopg2.errors.CheckViolation):
            worlds.run(connection, variant="faithful")
        assert worlds.rows(connection, "SELECT id FROM tree_region") == []
    finally:
        with connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE trees DROP CONSTRAINT never")


def test_dry_run_changes_nothing_and_foretells_the_run(database_url: str) -> None:
    sample.fill_sample(database_url, trees=2_000, seed=5)
    with connected(database_url) as connection:
        before = worlds.everything(connection)
        told = worlds.run(connection, variant="faithful", dry_run=True)
        assert worlds.everything(connection) == before
        assert "reason" in told["refresh_view"] and told["refresh_view"]["refreshed"] is False

        done = worlds.run(connection, variant="faithful")
        assert worlds.everything(connection) != before
        assert told["count_new_trees"] == done["count_new_trees"]
        for key in ("rows", "trees"):
            assert told["assign_regions"][key] == done["assign_regions"][key] > 0
        view = worlds.rows(connection, "SELECT count(*) FROM active_tree_region")
        assert [(told["refresh_view"]["rows"],)] == view
        assert told["rebuild_clusters"]["clusters"] == done["rebuild_clusters"]["clusters"] > 0


@pytest.mark.parametrize("trees", [[], [Tree(1, (5.0, 5.0))], [Tree(1, (0.05, 0.05))]])
@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("autocommit", [False, True])
def test_no_step_leaves_a_transaction_open(
    connection: Connection, treetracker_url: str, trees: list[Tree], dry_run: bool, autocommit: bool
) -> None:
    worlds.fill(connection, trees, WORLD)
    with connected(treetracker_url) as handed:
        handed.autocommit = autocommit
        chosen = TreeClusterSettings(variant="faithful", dry_run=dry_run)
        results: dict[str, catalog.StepResult] = {}
        for step in worlds.PIPELINE.steps:
            results[step.name] = step.run(handed, chosen, *(results[name] for name in step.needs))
            state = f"SELECT state FROM pg_stat_activity WHERE pid = {handed.info.backend_pid}"
            assert worlds.rows(connection, state) == [("idle",)], step.name


def test_a_failed_step_leaves_no_transaction_open(connection: Connection, treetracker_url: str) -> None:
    worlds.fill(connection, [], WORLD)
    with connected(treetracker_url) as handed:
        with pytest.raises(KeyError):
            steps.assign_regions(handed, FAITHFUL, {})
        with connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE trees RENAME COLUMN active TO alive")
        try:
            with pytest.raises(psycopg2.errors.UndefinedColumn):
                steps.count_new_trees(handed, FAITHFUL)
        finally:
            with connection, connection.cursor() as cursor:
                cursor.execute("ALTER TABLE trees RENAME COLUMN alive TO active")
        state = f"SELECT state FROM pg_stat_activity WHERE pid = {handed.info.backend_pid}"
        assert worlds.rows(connection, state) == [("idle",)]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"variant": "fast"}, "no variant 'fast'"),
        ({"cluster_distance": 0.0}, "more than 0 degrees"),
        ({"cluster_distance": float("nan")}, "more than 0 degrees"),
        ({"speed": 1}, "no setting speed"),
    ],
)
def test_unusable_settings_are_refused_in_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CannotProceedError, match=sentence):
        catalog.settings_for(worlds.PIPELINE, values)


def test_counts_for_the_notice() -> None:
    results = {"count_new_trees": {"new_trees": 3}, "assign_regions": {"rows": 20, "trees": 2}}
    assert worlds.PIPELINE.counts(results) == {"new trees": 3, "trees assigned": 2, "rows": 20}
    assert worlds.PIPELINE.counts({}) == {}
