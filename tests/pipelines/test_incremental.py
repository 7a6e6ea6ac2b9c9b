"""The variant `incremental`: the rows of `faithful` where that is right, chunks, dry runs, its schema."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from pipelines import catalog
from pipelines.tree_clusters import sample, steps
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import worlds

TREES = 1_500
MAP_QUERY = """
    SELECT region_id, zoom_level, type_id, ST_AsText(centroid), count(id)
    FROM active_tree_region GROUP BY region_id, centroid, type_id, zoom_level"""
ON_BORDER = """
    SELECT trees.id FROM trees
    WHERE EXISTS (SELECT FROM region WHERE ST_Touches(region.geom, estimated_geometric_location))"""


@pytest.fixture(scope="module")
def sampled(postgres: Cluster) -> Iterator[str]:
    """A sample on which nothing has run; tests work on copies of it."""
    url = create_database(postgres.url(), "sampled", template="postgis")
    sample.fill_sample(url, TREES, seed=11)
    yield url
    drop_database(postgres.url(), "sampled")


@pytest.fixture
def copy(postgres: Cluster, sampled: str) -> Iterator[str]:
    yield create_database(postgres.url(), "sampled_copy", template="sampled")
    drop_database(postgres.url(), "sampled_copy")


@pytest.fixture(scope="module")
def faithful_rows(postgres: Cluster, sampled: str) -> dict[str, list[tuple[object, ...]]]:
    """What the variant `faithful` makes of the sample."""
    url = create_database(postgres.url(), "sampled_faithful", template="sampled")
    with connected(url) as connection:
        worlds.run(connection, variant="faithful")
        found = worlds.outputs(connection)
        found["map"] = worlds.rows(connection, MAP_QUERY)
    drop_database(postgres.url(), "sampled_faithful")
    return found


def _check_as_faithful(connection: Connection, faithful: dict[str, list[tuple[object, ...]]]) -> None:
    on_border = {tree for (tree,) in worlds.rows(connection, ON_BORDER)}
    assert on_border
    found = set(worlds.rows(connection, "SELECT tree_id, zoom_level, region_id FROM tree_region"))
    theirs = set(faithful["tree_region"])
    assert theirs <= found
    assert {row[0] for row in found - theirs} <= on_border
    sizes = worlds.rows(connection, "SELECT count FROM clusters")
    assert sizes == sorted((row[0],) for row in faithful["clusters"])


@pytest.mark.parametrize("upgraded", [True, False])
def test_rows_are_those_of_faithful_but_for_trees_on_borders(
    copy: str, faithful_rows: dict[str, list[tuple[object, ...]]], upgraded: bool
) -> None:
    if upgraded:
        worlds.upgrade(copy)
    with connected(copy) as connection:
        results = worlds.run(connection, variant="incremental")
        _check_as_faithful(connection, faithful_rows)
        reasons = results["assign_regions"]["without_region"]
        assert reasons["no location"] > 0 and reasons["in no region"] > 0
        # Every active tree is settled, whatever its location.
        unsettled = "SELECT count(*) FROM trees WHERE active AND NOT cluster_regions_assigned"
        assert worlds.rows(connection, unsettled) == [(0,)]

        before = worlds.outputs(connection)
        again = worlds.run(connection, variant="incremental")
        assert again["assign_regions"]["reason"] == "nothing had changed"
        assert worlds.outputs(connection) == before
        if upgraded:
            assert again["refresh_view"] == {"refreshed": False, "reason": "nothing had changed"}
            assert again["rebuild_clusters"]["rebuilt"] is False


def test_clusters_are_the_original_ones_to_a_billionth(
    copy: str, faithful_rows: dict[str, list[tuple[object, ...]]]
) -> None:
    worlds.upgrade(copy)
    with connected(copy) as connection:
        worlds.run(connection, variant="incremental")
        query = "SELECT count, ST_X(location), ST_Y(location) FROM clusters"
        ours = worlds.rows(connection, query)
        worlds.run_statements(connection, "CREATE TEMPORARY TABLE theirs (LIKE clusters)")
        with connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO theirs VALUES (0, %s, %s, %s)", faithful_rows["clusters"])
        theirs = worlds.rows(connection, query.replace("clusters", "theirs"))
    assert len(ours) == len(theirs) > 20
    unmatched = list(theirs)
    for count, lon, lat in ours:
        match = next(
            one for one in unmatched
            if one[0] == count and abs(one[1] - lon) <= 1e-9 and abs(one[2] - lat) <= 1e-9
        )  # fmt: skip
        unmatched.remove(match)


@pytest.mark.parametrize("chunk_trees", [200, 100_000])
def test_rows_do_not_depend_on_the_number_of_chunks(
    copy: str, faithful_rows: dict[str, list[tuple[object, ...]]], chunk_trees: int
) -> None:
    with connected(copy) as connection:
        # All trees come to a schema whose first run is over, so that only they are pending.
        worlds.run_statements(connection, "CREATE TABLE later AS SELECT * FROM trees", "DELETE FROM trees")
        worlds.upgrade(copy)
        worlds.run(connection, variant="incremental")
        worlds.run_statements(connection, "INSERT INTO trees SELECT * FROM later", "ANALYZE trees")
        settings = TreeClusterSettings(variant="incremental", chunk_trees=chunk_trees)
        counted = steps.count_new_trees(connection, settings)
        chunks = steps.plan_chunks(connection, settings, counted)
        new = worlds.rows(connection, "SELECT count(*) FROM trees WHERE active")[0][0]
        assert len(chunks) == (0 if chunk_trees > new else -(-new // chunk_trees))
        random.Random(1).shuffle(chunks)

        def assign(chunk: list[int]) -> catalog.StepResult:
            with connected(copy) as own:
                return steps.assign_chunk(own, settings, chunk)

        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(assign, chunks))
        assert sum(result["trees"] for result in results) == (new if chunks else 0)
        rest = steps.assign_regions(connection, settings, counted, results)
        assert rest["trees"] == new and rest["rows"] > 10 * new
        refreshed = steps.refresh_view(connection, settings, rest)
        assert steps.rebuild_clusters(connection, settings, refreshed)["rebuilt"] is True
        _check_as_faithful(connection, faithful_rows)
        assert len(worlds.rows(connection, "SELECT id FROM active_tree_region")) == len(
            worlds.rows(connection, "SELECT id FROM tree_region")
        )


@pytest.mark.parametrize("upgraded", [True, False])
def test_dry_run_changes_nothing_and_foretells_the_run(copy: str, upgraded: bool) -> None:
    if upgraded:
        worlds.upgrade(copy)
    with connected(copy) as connection:
        before = worlds.everything(connection)
        told = worlds.run(connection, variant="incremental", dry_run=True)
        assert worlds.everything(connection) == before
        done = worlds.run(connection, variant="incremental")
        assert worlds.everything(connection) != before
        for key in ("rows", "trees", "looked_at", "without_region"):
            assert told["assign_regions"][key] == done["assign_regions"][key]
        view = worlds.rows(connection, "SELECT count(*) FROM active_tree_region")
        assert [(told["refresh_view"]["rows"],)] == view
        assert told["rebuild_clusters"]["clusters"] == done["rebuild_clusters"]["clusters"] > 0


def test_the_schema_goes_there_and_back_without_losing_a_row(
    copy: str, faithful_rows: dict[str, list[tuple[object, ...]]]
) -> None:
    with connected(copy) as connection:
        worlds.run_statements(
            connection,
            "DO $$ BEGIN CREATE ROLE map_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            "GRANT SELECT ON active_tree_region TO map_reader",
        )
        worlds.run(connection, variant="faithful")
        before = worlds.schema(connection)
        rows = worlds.outputs(connection)
        worlds.upgrade(copy)
        assert worlds.outputs(connection) == rows
        assert worlds.rows(connection, MAP_QUERY) == faithful_rows["map"]
        readable = "SELECT has_table_privilege('map_reader', 'active_tree_region', 'SELECT')"
        assert worlds.rows(connection, readable) == [(True,)]
        worlds.downgrade(copy)
        assert worlds.schema(connection) == before
        assert worlds.outputs(connection) == rows
        assert worlds.rows(connection, MAP_QUERY) == faithful_rows["map"]
        assert worlds.rows(connection, readable) == [(True,)]

        worlds.upgrade(copy)
        worlds.run(connection, variant="incremental")
        mended = worlds.outputs(connection)
        worlds.downgrade(copy)
        assert worlds.schema(connection) == before
        assert worlds.outputs(connection)["tree_region"] == mended["tree_region"]
        # What the original would retry for ever is again as the original has it.
        worlds.run(connection, variant="faithful")


def test_on_the_upgraded_schema_the_original_job_is_told_to_stop(copy: str) -> None:
    worlds.upgrade(copy)
    with connected(copy) as connection:
        before = worlds.outputs(connection)
        with pytest.raises(psycopg2.errors.RaiseException, match="would corrupt") as raised:
            worlds.run(connection, variant="faithful")
        assert "downgrade.sql" in str(raised.value)
        assert worlds.outputs(connection) == before


def test_nobody_can_put_a_temporary_table_in_the_way_of_a_trigger(copy: str) -> None:
    worlds.upgrade(copy)
    with connected(copy) as connection:
        worlds.run(connection, variant="incremental")
        worlds.run_statements(
            connection,
            "CREATE TEMPORARY TABLE tree_clusters_changed_tree (tree_id integer, old_location geometry)",
            "DELETE FROM trees WHERE id = 1",
        )
    with connected(copy) as another:
        assert worlds.rows(another, "SELECT tree_id FROM tree_clusters_changed_tree") == [(1,)]


def test_the_default_distance_can_be_changed_between_runs(copy: str) -> None:
    worlds.upgrade(copy)
    with connected(copy) as connection:
        worlds.run(connection, variant="incremental")
        near = worlds.rows(connection, "SELECT count(*) FROM clusters")
        worlds.run(connection, variant="incremental", cluster_distance=0.0005)
        far = worlds.rows(connection, "SELECT count(*) FROM clusters")
        worlds.run(connection, variant="incremental")
        assert worlds.rows(connection, "SELECT count(*) FROM clusters") == near < far


def test_a_tree_that_moves_and_is_then_deactivated_follows_both(copy: str) -> None:
    worlds.upgrade(copy)
    with connected(copy) as connection:
        worlds.run(connection, variant="incremental")
        had = "SELECT tree_id FROM tree_region GROUP BY tree_id ORDER BY count(*), tree_id LIMIT 2"
        ((moved,), (still,)) = worlds.rows(connection, had)
        rows_of = "SELECT zoom_level, region_id FROM tree_region WHERE tree_id = "
        before = worlds.rows(connection, f"{rows_of}{still}")
        worlds.move(connection, moved, (-30.0, -50.0))  # in no region, far out in the sea
        off = "UPDATE trees SET active = false WHERE id = "
        worlds.run_statements(connection, f"{off}{moved}", f"{off}{still}")
        worlds.run(connection, variant="incremental")
        assert worlds.rows(connection, f"{rows_of}{moved}") == []
        assert worlds.rows(connection, f"{rows_of}{still}") == before != []
