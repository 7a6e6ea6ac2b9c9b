"""Every line of the table of types in docs/diff.md, by every way of comparing, on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from psycopg2 import sql

from comparison.tables import OutputDifference
from comparison.tables.compare import SMALL, compare_relations
from comparison.tables.relation import Relation
from comparison.tables.sides import Side, attempt, open_side
from engines.databases import connected, create_database, drop_database
from engines.places import CHECKOUT
from engines.postgres import Cluster
from tests.comparison.tables.conftest import Two

SETUP = """
CREATE EXTENSION citext; CREATE EXTENSION hstore;
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN amount AS numeric; CREATE TYPE measure AS (n numeric, unit text);
"""


@dataclass(frozen=True)
class Line:
    """A line of the table: a type, two values that are equal, two that are not."""

    type: str
    equal: tuple[str, str]
    unequal: tuple[str, str]


def _lines() -> list[Line]:
    text = (CHECKOUT / "docs" / "diff.md").read_text()
    table = text.partition("<!-- types: begin -->")[2].partition("<!-- types: end -->")[0]
    lines = []
    for row in table.strip().splitlines()[2:]:
        kind, _, equal, unequal = (cell.strip() for cell in row.strip("|").split("|"))
        lines.append(Line(kind.strip("`"), _two(equal), _two(unequal)))
    return lines


def _two(cell: str) -> tuple[str, str]:
    first, second = re.findall(r"`([^`]*)`", cell)
    return first, second


LINES = _lines()


def literal(value: str) -> sql.Composable:
    return sql.SQL("NULL") if value == "NULL" else sql.Literal("" if value == "''" else value)


@pytest.fixture(scope="module")
def typed(postgres: Cluster) -> Iterator[Two]:
    """Two databases with a table for each line: `l12` has both left values, `r12` both right ones.

    Enum labels are made in another order on the right, so that their row numbers differ.
    """
    urls = [create_database(postgres.url(), name, template="postgis") for name in ("types_a", "types_b")]
    for url, labels in zip(urls, ("'sad', 'fine'", "'fine', 'sad'"), strict=True):
        with connected(url) as connection, connection.cursor() as cursor:
            cursor.execute(SETUP + f"CREATE TYPE mood AS ENUM ({labels})")
            for number, line in enumerate(LINES):
                for side, place in (("l", 0), ("r", 1)):
                    table = sql.Identifier(f"{side}{number}")
                    cursor.execute(
                        sql.SQL(f"CREATE TABLE {{}}(id int PRIMARY KEY, v {line.type})").format(table)
                    )
                    cursor.execute(
                        sql.SQL("INSERT INTO {} VALUES (1, {}), (2, {})").format(
                            table, literal(line.equal[place]), literal(line.unequal[place])
                        )
                    )
            connection.commit()
    yield Two(*urls)
    for name in ("types_a", "types_b"):
        drop_database(postgres.url(), name)


def view(number: int, side: str) -> str:
    return f"SELECT * FROM {side}{number}"


@pytest.fixture(scope="module")
def sides(typed: Two) -> Iterator[dict[str, Side]]:
    """The two databases, and the left one a second time, each in one snapshot for all lines."""
    with (
        open_side("left", typed.left) as left,
        open_side("right", typed.right) as right,
        open_side("right", typed.left) as again,
    ):
        yield {"left": left, "right": right, "again": again}


def compare_views(
    sides: dict[str, Side],
    number: int,
    right: str,
    key: tuple[str, ...] = ("id",),
    table: str = "r",
    small: int = SMALL,
) -> OutputDifference:
    """Compare the left values with the right ones, which stand in another table."""
    with attempt((sides["left"], sides[right])):
        return compare_relations(
            "t",
            Relation(sides["left"], sql.SQL(view(number, "l"))),
            Relation(sides[right], sql.SQL(view(number, table))),
            key=key,
            tolerances={},
            small=small,
        )


NUMBERED = [pytest.param(number, id=f"{number}-{line.type}") for number, line in enumerate(LINES)]


@pytest.mark.parametrize("number", NUMBERED)
@pytest.mark.parametrize("way", ["join", "streams", "segments"])
def test_by_key(sides: dict[str, Side], number: int, way: str) -> None:
    found = compare_views(
        sides, number, "again" if way == "join" else "right", small=0 if way == "segments" else SMALL
    )
    expected = "streams" if way != "join" or LINES[number].type == "xml" else "join"
    assert found.strategy == expected
    assert (found.changed, found.missing, found.extra) == (1, 0, 0)
    assert {sample.key for sample in found.samples} == {("2",)}


@pytest.mark.parametrize("number", NUMBERED)
def test_a_table_equals_itself(sides: dict[str, Side], number: int) -> None:
    for key in (("id",), ()):
        found = compare_views(sides, number, "right", key=key, table="l", small=0)
        assert (found.rows_left, found.rows, found.samples) == (2, 0, ())


@pytest.mark.parametrize("number", NUMBERED)
def test_without_key(sides: dict[str, Side], number: int) -> None:
    found = compare_views(sides, number, "right", key=())
    # xml by value needs a partner to compare with, and a row without key has none.
    apart = 2 if LINES[number].type == "xml" else 1
    assert (found.changed, found.missing, found.extra) == (None, apart, apart)
