"""Where `incremental` differs from the original on purpose: both behaviours, fault by fault.

The numbers are those of docs/decisions/0020-what-incremental-mends.md. Faults 6 and 13 are mended in both
variants; only the mended behaviour can be shown.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import psycopg2
import pytest

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import worlds
from tests.pipelines.oracle import Region, Tree

LEFT = Region(1, ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)), {1: 1})
RIGHT = Region(2, ((0.1, 0.0), (0.2, 0.0), (0.2, 0.1), (0.1, 0.1)), {1: 1})
ROWS = "SELECT tree_id, zoom_level, region_id FROM tree_region"


@pytest.fixture(scope="module")
def upgraded(postgres: Cluster) -> Iterator[Connection]:
    """For `incremental`."""
    url = create_database(postgres.url(), "faults_upgraded", template="postgis")
    worlds.create_schema(url)
    worlds.upgrade(url)
    with connected(url) as opened:
        yield opened
    drop_database(postgres.url(), "faults_upgraded")


@pytest.fixture
def both(connection: Connection, upgraded: Connection) -> dict[str, Connection]:
    """The original's schema for `faithful`, the upgraded one for `incremental`."""
    return {"faithful": connection, "incremental": upgraded}


def _fill_and_run(
    both: dict[str, Connection], trees: list[Tree], regions: list[Region], *then: str
) -> dict[str, dict[str, dict[str, object]]]:
    """Fill both worlds, run, execute `then`, run again if there is any; give the last results by variant."""
    results = {}
    for variant, opened in both.items():
        worlds.fill(opened, trees, regions)
        results[variant] = worlds.run(opened, variant=variant)
        if then:
            worlds.run_statements(opened, *then)
            results[variant] = worlds.run(opened, variant=variant)
    return results


def _rows(both: dict[str, Connection], query: str = ROWS) -> tuple[list[object], list[object]]:
    return list(worlds.rows(both["faithful"], query)), list(worlds.rows(both["incremental"], query))


def test_1_a_tree_in_no_region_is_settled_until_it_or_the_regions_change(both: dict[str, Connection]) -> None:
    trees = [Tree(1, (5.0, 5.0)), Tree(2, None), Tree(3, (0.05, 0.05))]
    results = _fill_and_run(both, trees, [LEFT], "ANALYZE")
    assert results["faithful"]["count_new_trees"]["new_trees"] == 2
    assert results["incremental"]["count_new_trees"]["new_trees"] == 0
    far = Region(9, ((4.0, 4.0), (6.0, 4.0), (6.0, 6.0)), {1: 1})
    worlds.add_region(both["incremental"], far)
    worlds.run(both["incremental"], variant="incremental")
    assert (1, 1, 9) in worlds.rows(both["incremental"], ROWS)


def test_2_and_3_a_deactivation_reaches_view_and_clusters(both: dict[str, Connection]) -> None:
    _fill_and_run(both, [Tree(1, (0.05, 0.05)), Tree(2, (0.07, 0.05))], [LEFT],
                  "UPDATE trees SET active = false WHERE id = 2")  # fmt: skip
    assert _rows(both, "SELECT count(*) FROM active_tree_region") == ([(2,)], [(1,)])
    assert _rows(both, "SELECT count FROM clusters") == ([(1,), (1,)], [(1,)])


def test_4_a_tree_on_a_shared_border_belongs_to_one_cell(both: dict[str, Connection]) -> None:
    results = _fill_and_run(both, [Tree(1, (0.1, 0.05))], [LEFT, RIGHT])
    assert results["faithful"]["assign_regions"]["rows"] == 0
    assert _rows(both) == ([], [(1, 1, 1)])


def test_4_a_region_that_holds_the_tree_comes_before_one_on_whose_border_it_lies(
    both: dict[str, Connection],
) -> None:
    below = Region(7, ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)), {1: 0})
    _fill_and_run(both, [Tree(1, (0.1, 0.05))], [LEFT, RIGHT, below])
    assert _rows(both) == ([(1, 1, 7)], [(1, 1, 7)])


@pytest.mark.parametrize("order", [(3, 5), (5, 3)])
def test_5_ties_go_to_the_lower_id_and_null_comes_last(
    both: dict[str, Connection], order: tuple[int, int]
) -> None:
    tied = [Region(number, LEFT.corners, {1: 1}) for number in order]
    _fill_and_run(both, [Tree(1, (0.05, 0.05))], tied)
    assert worlds.rows(both["incremental"], ROWS) == [(1, 1, 3)]
    for opened in both.values():
        worlds.fill(opened, [Tree(1, (0.05, 0.05))], tied)
        worlds.run_statements(opened, "UPDATE region_zoom SET priority = NULL WHERE region_id = 3")
    worlds.run(both["faithful"], variant="faithful")
    worlds.run(both["incremental"], variant="incremental")
    assert _rows(both) == ([(1, 1, 3)], [(1, 1, 5)])


@pytest.mark.parametrize("corners", [LEFT.corners, ((0.0, 0.0), (0.1, 0.0), (0.0501, 0.0501), (0.0, 0.1))])
def test_5_holds_within_a_tile_and_across_its_border(
    both: dict[str, Connection], corners: tuple[tuple[float, float], ...]
) -> None:
    regions = [Region(3, corners, {1: 1}), Region(5, corners, {1: 1}), Region(8, LEFT.corners, {1: 0})]
    trees = [Tree(1, (0.0501, 0.0401)), Tree(2, (0.0599, 0.0499))]
    opened = both["incremental"]
    worlds.fill(opened, trees, regions)
    worlds.run_statements(opened, "UPDATE region_zoom SET priority = NULL WHERE region_id = 3")
    worlds.run(opened, variant="incremental")
    assert (1, 1, 5) in worlds.rows(opened, ROWS)


@pytest.mark.parametrize("variant", ["faithful", "incremental"])
def test_6_a_failure_is_a_failure_and_the_next_run_of_incremental_repairs_it(
    both: dict[str, Connection], variant: str
) -> None:
    opened = both[variant]
    worlds.fill(opened, [Tree(1, (0.05, 0.05))], [LEFT])
    worlds.run_statements(opened, "ALTER TABLE clusters RENAME COLUMN count TO number")
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        worlds.run(opened, variant=variant)
    opened.rollback()
    worlds.run_statements(opened, "ALTER TABLE clusters RENAME COLUMN number TO count")
    worlds.run(opened, variant=variant)
    repaired = worlds.rows(opened, "SELECT count FROM clusters")
    assert repaired == ([] if variant == "faithful" else [(1,)])


def test_10_a_moved_tree_changes_its_region(both: dict[str, Connection]) -> None:
    _fill_and_run(
        both,
        [Tree(1, (0.05, 0.05))],
        [LEFT, RIGHT],
        "UPDATE trees SET estimated_geometric_location = ST_SetSRID(ST_MakePoint(0.15, 0.05), 4326)",
    )
    assert _rows(both) == ([(1, 1, 1)], [(1, 1, 2)])  # fmt: skip


def test_11_the_date_line_is_a_border_of_the_map_in_both(both: dict[str, Connection]) -> None:
    # The limit that is left: trees on both sides of it are two clusters, and 180 is not -180.
    west = Region(1, ((-180.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (-180.0, 1.0)), {1: 1})
    _fill_and_run(both, [Tree(1, (-180.0, 0.5)), Tree(2, (-179.999, 0.5)), Tree(3, (180.0, 0.5))], [west])
    assert _rows(both) == ([(2, 1, 1)], [(1, 1, 1), (2, 1, 1)])
    assert _rows(both, "SELECT count FROM clusters") == ([(1,), (2,)], [(1,), (2,)])


def test_12_unusable_points_are_settled_with_a_reason_and_make_no_cluster(
    both: dict[str, Connection],
) -> None:
    trees = [Tree(1, (0.05, 0.05)), Tree(2, None), Tree(6, (200.0, 0.0)), Tree(7, (5.0, 5.0))]
    places = {3: "ST_GeomFromText('POINT EMPTY', 4326)", 4: "ST_SetSRID(ST_MakePoint('NaN', 1), 4326)"}
    results = {}
    for variant, opened in both.items():
        worlds.fill(opened, trees, [LEFT])
        for number, place in places.items():
            worlds.run_statements(
                opened, f"INSERT INTO trees (id, estimated_geometric_location) VALUES ({number}, {place})"
            )
        results[variant] = worlds.run(opened, variant=variant)
    assert results["incremental"]["assign_regions"]["without_region"] == {
        "empty location": 1, "in no region": 1, "no location": 1, "not a number": 1, "out of range": 1,
    }  # fmt: skip
    usable = "SELECT count FROM clusters WHERE ST_X(location) BETWEEN -180 AND 180"
    assert worlds.rows(both["incremental"], "SELECT count FROM clusters") == [(1,), (1,)]
    theirs = worlds.rows(both["faithful"], "SELECT count FROM clusters")
    assert len(theirs) > len(worlds.rows(both["faithful"], usable))


def test_12_a_point_of_another_srid_stops_faithful_and_is_settled_by_incremental(postgres: Cluster) -> None:
    url = create_database(postgres.url(), "other_srid", template="postgis")
    worlds.create_schema(url)
    with connected(url) as opened:
        worlds.run_statements(
            opened,
            "DROP MATERIALIZED VIEW active_tree_region",
            "ALTER TABLE trees ALTER estimated_geometric_location TYPE geometry",
        )
        worlds.create_view(opened)
        worlds.fill(opened, [Tree(1, (0.05, 0.05))], [LEFT])
        worlds.run_statements(
            opened,
            "INSERT INTO trees (id, estimated_geometric_location)"
            " VALUES (2, ST_SetSRID(ST_MakePoint(0.05, 0.05), 3857)),"
            " (3, ST_GeomFromText('LINESTRING(0 0, 1 1)', 4326))",
        )
        with pytest.raises(psycopg2.Error, match="mixed SRID"):
            worlds.run(opened, variant="faithful")
        opened.rollback()
        results = worlds.run(opened, variant="incremental")
        assert results["assign_regions"]["without_region"] == {"not a point": 1, "wrong SRID": 1}
        assert worlds.rows(opened, ROWS) == [(1, 1, 1)]
        assert [count for count, _, _ in worlds.found_clusters(opened)] == [1]
    drop_database(postgres.url(), "other_srid")


def test_an_invalid_region_is_named_and_skipped(both: dict[str, Connection]) -> None:
    bow_tie = Region(4, ((0.0, 0.0), (0.1, 0.1), (0.1, 0.0), (0.0, 0.1)), {1: 9})
    opened = both["incremental"]
    worlds.fill(opened, [Tree(1, (0.08, 0.05))], [LEFT, bow_tie])
    assert worlds.run(opened, variant="incremental")["assign_regions"]["invalid_regions"] == [4]
    assert worlds.rows(opened, ROWS) == [(1, 1, 1)]
    worlds.run_statements(opened, "UPDATE region SET geom = ST_Multi(ST_MakeValid(geom)) WHERE id = 4")
    assert "invalid_regions" not in worlds.run(opened, variant="incremental")["assign_regions"]
    assert worlds.rows(opened, ROWS) == [(1, 1, 4)]


@pytest.mark.parametrize("variant", ["faithful", "incremental"])
def test_13_nothing_secret_is_logged(
    both: dict[str, Connection], variant: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        worlds.fill(both[variant], [Tree(1, (0.05, 0.05))], [LEFT])
        worlds.run(both[variant], variant=variant)
    password = both[variant].info.dsn_parameters.get("password") or both[variant].info.password
    assert password and password not in caplog.text
