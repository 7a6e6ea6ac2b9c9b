"""How near is near enough: numbers, times, geometries; in one database and across two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg2 import sql

from comparison.tables import OutputDifference
from comparison.tables.compare import compare_relations
from comparison.tables.relation import Relation
from comparison.tables.sides import Side, attempt, open_side
from comparison.tables.tolerance import Tolerance, parse
from engines.databases import create_database, drop_database
from engines.postgres import Cluster
from pipelines.errors import CannotProceedError

SQUARE = "POLYGON((0 0,4 0,4 4,0 4,0 0))"
CASES = [
    # type, tolerance, left, right, whether they are equal
    ("float8", "0.01", "1.5", "1.509", True),
    ("float8", "0.01", "1.5", "1.511", False),
    ("float8", "0.01", "NaN", "NaN", True),
    ("float8", "0.01", "NaN", "1", False),
    ("float8", "0.01", "Infinity", "Infinity", True),
    ("float8", "0.01", "Infinity", "-Infinity", False),
    ("float8", "0.01", "Infinity", "1e308", False),
    ("numeric", "0.01", "1.50", "1.51", True),
    ("numeric", "0.01", "1.50", "1.5100000000000000000001", False),
    ("int8", "1", "9223372036854775807", "9223372036854775806", True),
    ("int8", "1", "9223372036854775807", "-9223372036854775808", False),
    ("numeric", "1%", "100", "99", True),
    ("numeric", "1%", "100", "98.9", False),
    ("numeric", "1%", "0", "0.0000001", False),
    ("money", "0.01", "1.50", "1.51", True),
    ("numeric", "0", "1.0", "1.00", True),
    ("numeric", "5", "1", "NULL", False),
    ("numeric", "5", "NULL", "NULL", True),
    ("timestamptz", "500ms", "2026-01-01 00:00Z", "2026-01-01 01:00:00.5+01", True),
    ("timestamptz", "500ms", "2026-01-01 00:00Z", "2026-01-01 00:00:00.500001Z", False),
    ("timestamptz", "2s", "infinity", "infinity", True),
    ("timestamptz", "2s", "infinity", "2026-01-01", False),
    ("timestamptz", "2s", "infinity", "-infinity", False),
    ("date", "1d", "2026-01-01", "2026-01-02", True),
    ("date", "1d", "2026-01-01", "2026-01-03", False),
    ("time", "5min", "12:00", "12:05", True),
    ("interval", "1", "1 day", "23:59:59", True),
    ("geometry", "0.1", SQUARE, "POLYGON((4 0,4 4,0 4,0 0,4 0))", True),
    ("geometry", "0.1", SQUARE, "POLYGON((0 0,0 4,4 4,4 0,0 0))", True),
    ("geometry", "0.1", SQUARE, "POLYGON((0.05 0,4 0,4 4,0 4,0.05 0))", True),
    ("geometry", "0.1", SQUARE, "POLYGON((0.2 0,4 0,4 4,0 4,0.2 0))", False),
    ("geometry", "0.1", SQUARE, f"SRID=4326;{SQUARE}", False),
    ("geometry", "0.1", SQUARE, "LINESTRING(0 0,4 0,4 4,0 4,0 0)", False),
    ("geometry", "0.1", "POINT(0 0)", "POINT EMPTY", False),
    ("geometry", "0.1", "POINT EMPTY", "POINT EMPTY", True),
    ("geometry", "0.1", "POINT Z (0 0 0)", "POINT Z (0 0 9)", False),
    ("geometry", "0.1", "POINT(0 0)", "00000000013FA999999999999A0000000000000000", True),
    ("geography", "3m", "POINT(0 60)", "POINT(0.00005 60)", True),
    ("geography", "3m", "POINT(0 60)", "POINT(0.00006 60)", False),
    ("geography", "3m", "LINESTRING(0 0,1 1)", "LINESTRING(1 1,0 0)", True),
    ("geography", "3m", "LINESTRING(0 0,1 1)", "LINESTRING(1 1,0 0.0001)", False),
    ("geography", "3m", SQUARE, "POLYGON((0 0,4 0,4 4,0 4.00002,0 0))", True),
    ("geography", "3m", SQUARE, "POLYGON((0 0,4 0,4 4,2 2,0 4,0 0))", False),
]
NUMBERED = [
    pytest.param(number, id=f"{number}-{case[0]}-{case[1]}-{case[2][:24]}")
    for number, case in enumerate(CASES)
]


@pytest.fixture(scope="module")
def sides(postgres: Cluster) -> Iterator[dict[str, Side]]:
    """Two databases, and the left one a second time."""
    names = ("near_a", "near_b")
    urls = [create_database(postgres.url(), name, template="postgis") for name in names]
    with (
        open_side("left", urls[0]) as left,
        open_side("right", urls[1]) as right,
        open_side("right", urls[0]) as again,
    ):
        yield {"left": left, "right": right, "again": again}
    for name in names:
        drop_database(postgres.url(), name)


def one_row(number: int, value: str) -> sql.Composable:
    """Give a table of one row, without storing it."""
    shown = sql.SQL("NULL") if value == "NULL" else sql.Literal(value)
    return sql.SQL("SELECT 1 AS id, {}::{} AS v").format(shown, sql.SQL(CASES[number][0]))


def compare(sides: dict[str, Side], number: int, right: str, key: tuple[str, ...]) -> OutputDifference:
    _, tolerance, old, new, _ = CASES[number]
    with attempt((sides["left"], sides[right])):
        return compare_relations(
            "t",
            Relation(sides["left"], one_row(number, old)),
            Relation(sides[right], one_row(number, new)),
            key=key,
            tolerances={"v": parse("v", tolerance)},
        )


@pytest.mark.parametrize("number", NUMBERED)
def test_across_two_databases(sides: dict[str, Side], number: int) -> None:
    found = compare(sides, number, "right", ("id",))
    assert (found.changed, found.missing, found.extra) == (0 if CASES[number][4] else 1, 0, 0)


@pytest.mark.parametrize("number", NUMBERED)
def test_as_a_multiset(sides: dict[str, Side], number: int) -> None:
    found = compare(sides, number, "right", ())
    apart = 0 if CASES[number][4] else 1
    assert (found.changed, found.missing, found.extra) == (None, apart, apart)


@pytest.mark.parametrize("number", NUMBERED)
def test_in_the_condition_of_a_join(sides: dict[str, Side], number: int) -> None:
    from comparison.tables.equality import equality
    from comparison.tables.types import describe

    left = sides["again"]
    kind, tolerance, old, new, equal = CASES[number]
    [_, column] = describe(left, one_row(number, old))
    made = equality(column, column, parse("v", tolerance))
    values = [sql.SQL("NULL") if value == "NULL" else sql.Literal(value) for value in (old, new)]
    query = sql.SQL("SELECT {} FROM (SELECT {}::{} AS a, {}::{} AS b) q").format(
        made.different(sql.Identifier("q", "a"), sql.Identifier("q", "b")),
        values[0], sql.SQL(kind), values[1], sql.SQL(kind),
    )  # fmt: skip
    assert left.rows(query) == [(not equal,)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", Tolerance(0.5)),
        ("1e-9", Tolerance(1e-9)),
        ("2%", Tolerance(0.02, "relative")),
        ("5min", Tolerance(300, "seconds")),
        ("2km", Tolerance(2000, "metres")),
    ],
)
def test_tolerances_are_read_as_written(text: str, expected: Tolerance) -> None:
    assert parse("c", text) == expected


@pytest.mark.parametrize(("kind", "text"), [("text", "1"), ("float8", "2s"), ("date", "1%"), ("int[]", "1")])
def test_a_tolerance_that_does_not_suit_the_type_is_refused(
    sides: dict[str, Side], kind: str, text: str
) -> None:
    relation = Relation(sides["left"], sql.SQL("SELECT 1 AS id, NULL::{} AS v").format(sql.SQL(kind)))
    with pytest.raises(CannotProceedError, match="cannot be applied"):
        compare_relations("t", relation, relation, key=("id",), tolerances={"v": parse("v", text)})
