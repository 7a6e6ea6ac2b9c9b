"""Two servers that are set up differently, a server that goes away, and one snapshot per side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg2
import pytest
from psycopg2 import sql

from comparison.tables import compare_output
from comparison.tables.databases import DiffOptions, compare_databases
from comparison.tables.equality import equality
from comparison.tables.output.progress import Progress
from comparison.tables.relation import Comparison, Relation
from comparison.tables.segments import ROWS_PER_PART, segment
from comparison.tables.sides import open_side
from comparison.tables.tables import Wanted
from comparison.tables.types import describe
from engines.databases import connected, create_database, libpq_url
from engines.postgres import Cluster
from pipelines.catalog import Output
from pipelines.errors import CannotProceedError
from tests.comparison.tables.conftest import Two, run

TABLES = """
CREATE EXTENSION postgis;
CREATE TYPE mood AS ENUM ({labels});
CREATE TABLE words(word text PRIMARY KEY, n numeric, seen timestamptz, price money, raw bytea, feels mood,
                   part float8, place geometry, day date, lasts interval);
INSERT INTO words SELECT w, length(w), '2026-03-29 01:30Z', 1.5, convert_to(w, 'UTF8'), 'fine', 0.1 + 0.2,
    ST_MakePoint(1, 2), '2026-02-03', '1 day 2 hours'
  FROM unnest(ARRAY['Zebra', 'apfel', 'Äpfel', 'öl', 'zz', 'a b', 'ab', 'a-b', 'É', '']) w;
CREATE TABLE many(a text, b int, v text, PRIMARY KEY (a, b));
INSERT INTO many SELECT chr(65 + i % 57) || i % 300, i, 'v' || i FROM generate_series(1, 8000) i;
"""


class Meddler(Progress):
    """Does something before each table."""

    def __init__(self, meddle: Callable[[int], None]) -> None:
        super().__init__(quiet=True)
        self._meddle = meddle

    def begin(self, number: int, *_: object) -> None:
        self._meddle(number)


@pytest.fixture(scope="module")
def two_servers(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The same rows on two servers with other settings, another collation, another order of enum labels."""
    left = create_database(postgres.url(), "server_a")
    run(left, TABLES.format(labels="'sad', 'fine'"))
    options = {
        "timezone": "Asia/Tokyo",
        "datestyle": "German, DMY",
        "intervalstyle": "iso_8601",
        "bytea_output": "escape",
        "extra_float_digits": "0",
        "lc_monetary": "C",
    }
    with Cluster(tmp_path_factory.mktemp("second"), "second", durable=False, options=options) as second:
        with connected(second.url(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE DATABASE server_b TEMPLATE template0"
                " LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C.UTF-8'"
            )
        right = second.url("server_b")
        run(right, TABLES.format(labels="'fine', 'sad'"))
        yield left, right
    run(postgres.url(), "DROP DATABASE server_a WITH (FORCE)")


def test_settings_of_the_servers_make_no_difference(two_servers: tuple[str, str]) -> None:
    found = compare_databases(*two_servers, DiffOptions(), Progress(quiet=True))
    assert {table.name: table.word for table in found.tables} == {"words": "identical", "many": "identical"}
    assert {table.difference.strategy for table in found.tables if table.difference} == {"streams"}


def test_differences_across_servers_are_found_by_segments(two_servers: tuple[str, str]) -> None:
    run(two_servers[1], "UPDATE many SET v = 'x' WHERE b = 77; DELETE FROM many WHERE b = 78")
    run(two_servers[1], "INSERT INTO many VALUES ('ß', 1, NULL)")
    try:
        output = Output("many", "SELECT * FROM many", key=("a", "b"))
        found = compare_output(*two_servers, output)
        assert (found.rows_left, found.rows_right) == (8000, 8000)
        assert (found.changed, found.missing, found.extra) == (1, 1, 1)
        assert "unique index" in found.reason
        multiset = compare_output(*two_servers, Output("many", "SELECT v FROM many"))
        assert (multiset.missing, multiset.extra) == (2, 2)
    finally:
        run(two_servers[1], "UPDATE many SET v = 'v77' WHERE b = 77; DELETE FROM many WHERE a = 'ß'")
        run(two_servers[1], "INSERT INTO many SELECT chr(65 + 78 % 57) || 78 % 300, 78, 'v78'")


def test_a_side_is_read_in_one_snapshot(two: Two) -> None:
    two.both("CREATE TABLE a(id int PRIMARY KEY); CREATE TABLE b(id int PRIMARY KEY)")

    def meddle(number: int) -> None:
        # Rows that come while the comparison runs, after its snapshots were taken.
        two.only_right(f"INSERT INTO a VALUES ({number}); INSERT INTO b VALUES ({number})")

    found = compare_databases(two.left, two.right, DiffOptions(), Meddler(meddle))
    assert [table.word for table in found.tables] == ["identical", "identical"]


def test_a_connection_that_drops_is_a_sentence(two: Two) -> None:
    two.both("CREATE TABLE a(id int PRIMARY KEY); CREATE TABLE b(id int PRIMARY KEY)")

    def cut(number: int) -> None:
        if number == 2:
            with psycopg2.connect(libpq_url(two.left)) as connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            connection.close()

    with pytest.raises(CannotProceedError, match=r"connection to the left database .* failed") as failed:
        compare_databases(two.left, two.right, DiffOptions(), Meddler(cut))
    assert "***" in str(failed.value)


def test_nothing_can_be_written_through_a_side(two: Two) -> None:
    with (
        open_side("left", two.left) as side,
        pytest.raises(CannotProceedError, match="read-only transaction"),
    ):
        side.rows(sql.SQL("CREATE TABLE x(i int)"))


def test_inherited_rows_do_not_pass_for_a_unique_key(two: Two) -> None:
    two.both("CREATE TABLE parent(id int PRIMARY KEY); CREATE TABLE child() INHERITS (parent)")
    two.both("INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)")
    with pytest.raises(CannotProceedError, match="not unique"):
        compare_output(two.left, two.right, Output("parent", "SELECT id FROM parent", key=("id",)))


def test_a_set_returning_query_does_not_pass_for_a_unique_key(two: Two) -> None:
    two.both("CREATE TABLE t(id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    with pytest.raises(CannotProceedError, match="not unique"):
        query = "SELECT id, generate_series(1, 2) AS n FROM t"
        compare_output(two.left, two.right, Output("t", query, key=("id",)))


def test_partitions_are_compared_as_their_table(two: Two) -> None:
    two.both(
        "CREATE TABLE p(id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);"
        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);"
        "INSERT INTO p SELECT i, i FROM generate_series(1, 150) i"
    )
    two.only_right("UPDATE p SET v = 'x' WHERE id = 120")
    found = compare_databases(two.left, two.right, DiffOptions(), Progress(quiet=True))
    [table] = found.tables
    assert table.name == "p"
    assert table.difference is not None
    assert (table.difference.changed, "unique index" in table.difference.reason) == (1, True)


def test_keys_may_be_null_where_an_index_allows_it(two: Two) -> None:
    two.both("CREATE TABLE t(id int UNIQUE, v text); INSERT INTO t VALUES (1, 'a'), (NULL, 'b')")
    two.only_right("UPDATE t SET v = 'c' WHERE id IS NULL")
    for right in (two.right, two.left):
        found = compare_output(two.left, right, Output("t", "SELECT id, v FROM t", key=("id",)))
        assert (found.strategy, found.changed) == ("streams", 1 if right == two.right else 0)
    two.only_left("INSERT INTO t VALUES (NULL, 'again')")
    with pytest.raises(CannotProceedError, match=r"\(NULL\) 2 times"):
        compare_output(two.left, two.right, Output("t", "SELECT id, v FROM t", key=("id",)))


def test_numbers_match_as_keys_however_they_are_written(two: Two) -> None:
    two.both("CREATE TABLE t(id numeric, f float8, v text)")
    two.only_left("INSERT INTO t VALUES (1.0, 0, 'a'), (100, 1, 'b')")
    two.only_right("INSERT INTO t VALUES (1.00, '-0', 'a'), (1e2, 1, 'b')")
    found = compare_output(two.left, two.right, Output("t", "SELECT * FROM t", key=("id", "f")))
    assert (found.changed, found.missing, found.extra) == (0, 0, 0)


def test_columns_of_other_types_are_compared_by_value(two: Two) -> None:
    two.only_left("CREATE TABLE t(id int, n int, d date, j json, s varchar(5)); ")
    two.only_left("INSERT INTO t VALUES (1, 7, '2026-01-01', '{\"a\":1}', 'x')")
    two.only_right("CREATE TABLE t(id bigint, n numeric, d timestamp, j jsonb, s text)")
    two.only_right("INSERT INTO t VALUES (1, 7.00, '2026-01-01', '{\"a\":1.0}', 'x')")
    found = compare_output(two.left, two.right, Output("t", "SELECT * FROM t", key=("id",)))
    assert (found.changed, found.missing, found.extra) == (0, 0, 0), found.samples
    assert len(found.schema) == 5


def test_a_side_that_fails_does_not_wait_for_the_other(two: Two) -> None:
    two.both("CREATE TABLE fine(id int PRIMARY KEY); INSERT INTO fine VALUES (1)")
    two.only_left("CREATE VIEW a_bad AS SELECT 1 / (random() * 0)::int AS id, 'x' AS v FROM fine")
    two.only_right("CREATE VIEW a_bad AS SELECT 1 AS id, pg_sleep(60)::text AS v")
    wanted = (Wanted("a_bad", "a_bad"), Wanted("fine", "fine"))
    began = time.monotonic()
    found = compare_databases(two.left, two.right, DiffOptions(tables=wanted), Progress(quiet=True))
    assert time.monotonic() - began < 30
    assert [table.word for table in found.tables] == ["not comparable", "identical"]
    assert "division by zero" in (found.tables[0].problem or "")


def test_a_table_in_parts_is_the_whole_table(two: Two) -> None:
    two.both(
        "CREATE TABLE t(id int, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 9000) i"
    )
    two.only_right("UPDATE t SET v = 'x' WHERE id IN (1, 4500, 9000)")
    two.only_right("INSERT INTO t SELECT i, 'new' FROM generate_series(9001, 12000) i")
    shares: list[float] = []
    with open_side("left", two.left) as left, open_side("right", two.right) as right:
        pages = [
            int(side.rows(sql.SQL("SELECT pg_relation_size('t') / 8192"))[0][0]) for side in (left, right)
        ]
        relations = [
            Relation(side, sql.SQL("SELECT id, v FROM t"), number)
            for side, number in zip((left, right), pages, strict=True)
        ]
        names = [column.name for column in describe(left, relations[0].query)]
        assert names == ["id", "v"]
        for key in (("id",), ()):
            columns = [describe(side, relations[0].query) for side in (left, right)]
            made = tuple(equality(a, b) for a, b in zip(*columns, strict=True))
            comparison = Comparison("t", relations[0], relations[1], made, key)
            found = segment(comparison, 7 * ROWS_PER_PART, shares.append)
            assert (found.rows_left, found.rows_right) == (9000, 12000)
            whole = segment(comparison, 12_000, shares.append)
            assert (whole.rows_left, whole.rows_right) == (9000, 12000)
            assert found.differing
            assert whole.differing
    assert len([share for share in shares if share < 1]) == 12
    assert [len(relation.parts(7)) for relation in relations] == [7, 7]


def test_values_that_rows_exchange_are_found(two: Two) -> None:
    # The sums of plain row hashes would be the same: PostgreSQL's hash of a row is linear in its columns'.
    two.both("CREATE TABLE t(id int PRIMARY KEY, v int, w text)")
    two.both("INSERT INTO t SELECT i, i, 'w' || i FROM generate_series(1, 6000) i; ANALYZE t")
    two.only_right("UPDATE t SET v = 111 - v WHERE id BETWEEN 48 AND 63")
    for query, changed in (("SELECT id, v, w FROM t", 16), ("SELECT id::text AS id, v FROM t", 16)):
        found = compare_output(two.left, two.right, Output("t", query, key=("id",)))
        assert (found.strategy, found.changed) == ("streams", changed)
    found = compare_output(two.left, two.right, Output("t", "SELECT v, w FROM t"))
    assert (found.missing, found.extra) == (16, 16)
