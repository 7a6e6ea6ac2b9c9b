"""The made-up input: the same every time, of the right shape, and only ever in an empty database."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.databases import connected, create_database, drop_database, input_hash
from engines.postgres import Cluster
from pipelines.errors import CannotProceedError
from pipelines.tree_clusters import sample
from pipelines.tree_clusters.database import check_treetracker
from tests.pipelines import worlds

TABLES = worlds.PIPELINE.input_tables


def test_same_seed_and_number_give_the_same_rows_and_another_seed_others(postgres: Cluster) -> None:
    hashes = []
    for number, seed in enumerate((4, 4, 5)):
        url = create_database(postgres.url(), f"seeded_{number}", template="postgis")
        sample.fill_sample(url, trees=300, seed=seed)
        hashes.append(input_hash(url, TABLES))
        drop_database(postgres.url(), f"seeded_{number}")
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_sample_has_the_shape_and_the_awkward_cases_of_real_data(database_url: str) -> None:
    said: list[str] = []
    filled = sample.fill_sample(database_url, trees=5_000, seed=1, tell=said.append)
    check_treetracker(database_url)
    assert filled.trees == 5_000 and len(said) == sample.STAGES

    with connected(database_url) as connection:

        def count(condition: str) -> int:
            found: int = worlds.rows(connection, f"SELECT count(*) FROM trees WHERE {condition}")[0][0]
            return found

        place = "estimated_geometric_location"
        assert 200 < count("NOT active") < 400
        assert 10 < count(f"{place} IS NULL") < 50
        assert count(f"ST_X({place}) = 0 AND ST_Y({place}) = 0") >= 2
        assert count(f"ST_X({place}) = -180") >= 2
        assert count(f"ST_Y({place}) > 86") >= 3
        in_no_region = f"NOT EXISTS (SELECT FROM region WHERE ST_Intersects(geom, {place}))"
        assert count(f"ST_Y({place}) > 86 AND {in_no_region}") == count(f"ST_Y({place}) > 86")
        duplicates = f"SELECT count(*) - count(DISTINCT {place}) FROM trees WHERE ST_X({place}) <> 0"
        assert worlds.rows(connection, duplicates)[0][0] >= 25
        on_border = "EXISTS (SELECT FROM region JOIN region_type ON region_type.id = type_id"
        on_border += f" AND type = '10 km grid' WHERE ST_Touches(geom, {place}))"
        assert count(on_border) >= 3

        found = worlds.rows(connection, "SELECT type, count(*) FROM region, region_type t"
                                        " WHERE t.id = type_id GROUP BY 1")  # fmt: skip
        kinds = dict(found)
        assert kinds["country"] == 177 and kinds["continent"] == 8
        assert {"1000 km grid", "100 km grid", "10 km grid", "5 km grid"} <= set(kinds)
        assert sum(kinds.values()) == filled.regions + kinds["continent"]
        invalid = "SELECT count(*) FROM region WHERE NOT ST_IsValid(geom)"
        assert worlds.rows(connection, invalid) == [(0,)]

        ties = """
            SELECT count(*) FROM (
                SELECT FROM trees JOIN region ON ST_Contains(geom, estimated_geometric_location)
                JOIN region_zoom ON region_id = region.id
                GROUP BY trees.id, zoom_level, priority HAVING count(*) > 1) AS tied"""
        assert worlds.rows(connection, ties) == [(0,)]

        results = worlds.run(connection, variant="faithful")
        assert results["assign_regions"]["trees"] > 4_500
        levels = worlds.rows(connection, "SELECT DISTINCT zoom_level FROM tree_region")
        assert levels == [(level,) for level in range(1, 16)]
        # The next new row takes the next number.
        assert worlds.rows(connection, "INSERT INTO trees (lat) VALUES (NULL) RETURNING id") == [(5_001,)]


def test_a_database_with_content_is_refused_and_left_alone(database_url: str) -> None:
    sample.fill_sample(database_url, trees=5, seed=1)
    before = input_hash(database_url, TABLES)
    with pytest.raises(CannotProceedError, match="The table region_type holds rows"):
        sample.fill_sample(database_url, trees=5, seed=2)
    assert input_hash(database_url, TABLES) == before


def test_empty_tables_are_filled(database_url: str) -> None:
    worlds.create_schema(database_url)
    assert sample.fill_sample(database_url, trees=5, seed=1).trees == 5


def test_a_database_with_some_of_the_tables_is_refused(database_url: str) -> None:
    worlds.create_schema(database_url)
    with connected(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE clusters")
    with pytest.raises(CannotProceedError, match="lacks table clusters"):
        sample.fill_sample(database_url, trees=5, seed=1)


def test_postgis_is_set_up_where_it_lacks(postgres: Cluster) -> None:
    url = create_database(postgres.url(), "without_postgis")
    with pytest.raises(CannotProceedError, match="no PostGIS"):
        check_treetracker(url)
    assert sample.fill_sample(url, trees=1, seed=1).trees == 1
    drop_database(postgres.url(), "without_postgis")


@pytest.mark.parametrize("trees", [0, -3, 2**31])
def test_an_impossible_number_of_trees_is_refused(database_url: str, trees: int) -> None:
    with pytest.raises(CannotProceedError, match="from 1 to"):
        sample.fill_sample(database_url, trees=trees, seed=1)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("ALTER TABLE trees DROP COLUMN cluster_regions_assigned", "lacks trees.cluster_regions_assigned"),
        ("ALTER TABLE region_zoom RENAME TO zooms", "lacks table region_zoom"),
        ("DROP INDEX active_tree_region_id_idx", "no unique index"),
        ("DROP MATERIALIZED VIEW active_tree_region", "lacks table active_tree_region"),
    ],
)
def test_an_existing_database_is_checked(database_url: str, statement: str, sentence: str) -> None:
    worlds.create_schema(database_url)
    check_treetracker(database_url)
    with connected(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
    with pytest.raises(CannotProceedError, match=sentence):
        check_treetracker(database_url)


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(CannotProceedError) as raised:
        check_treetracker("postgresql://someone:very-secret@127.0.0.1:9/nothing")
    assert "127.0.0.1:9" in str(raised.value) and "very-secret" not in str(raised.value)


def test_trees_of_a_file_get_regions_around_them(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "trees.csv"
    file.write_text("id,lat,lon\n7,45.5749068,-122.69364\n8,45.5,-122.6\n9,91,0\n")
    filled = sample.fill_from_csv(database_url, file, rejects=tmp_path / "rejects.csv")
    assert filled.trees == 2 and [one.line for one in filled.rejected] == [4]
    with connected(database_url) as connection:
        assert worlds.run(connection, variant="faithful")["assign_regions"] == {"rows": 30, "trees": 2}
