"""Random tables with planted differences give exactly those, by every way of comparing, from either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import sql

from comparison.tables import OutputDifference
from comparison.tables.compare import SMALL, compare_relations
from comparison.tables.relation import Relation
from comparison.tables.sides import open_side
from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster

# By type: values of which no two are equal, written as PostgreSQL reads them; None is NULL.
VALUES: dict[str, tuple[str | None, ...]] = {
    "int": (None, "0", "-1", "2147483647"),
    "numeric": (None, "0", "1.5", "NaN", "Infinity", "1e40", "1.50000000000000000000001"),
    "float8": (None, "0", "1.5", "NaN", "-Infinity", "5e-324", "1.5000000000000002"),
    "text": (None, "", "a", "A", "a ", "ä", "NULL", "\\N", "a\nb", "'; DROP TABLE x; --"),
    "bytea": (None, "", "\\x00", "\\x0000", "\\xff"),
    "timestamptz": (None, "infinity", "2026-01-01 00:00Z", "2026-01-01 00:00:00.000001Z", "0001-01-01 BC"),
    "interval": (None, "0", "1 day", "1 month", "1 microsecond", "-1 day"),
    "jsonb": (None, "null", "[]", "{}", "[[1], 2]", "[[1, 2]]", '""', "1", '"1"', '{"a": null}'),
    "json": (None, "null", "[]", "{}", "1", '"1"', '{"a": [1]}'),
    "int[]": (None, "{}", "{1}", "{NULL}", "[0:0]={1}", "{{1}}"),
    "numrange": (None, "empty", "[1,2]", "[1,2)", "(,)"),
    "boolean": (None, "t", "f"),
    "geometry": (None, "POINT EMPTY", "POINT(0 0)", "SRID=4326;POINT(0 0)", "LINESTRING(0 0,1 1)",
                 "LINESTRING(1 1,0 0)", "POINT Z (0 0 0)"),
    "inet": (None, "10.0.0.1", "10.0.0.1/24", "::1"),
    "xml": (None, "", "a", "<a/>", "<a x='1'/>", "<a> </a>"),
}  # fmt: skip
TYPES = tuple(VALUES)
COLUMNS = tuple(f"c{number}" for number in range(len(TYPES)))
Values = tuple[int, ...]
"""The places of a row's values in VALUES, column by column."""


@dataclass
class Plan:
    """A left table, and what is done to it to make the right one."""

    left: dict[int, Values]
    changed: dict[int, dict[int, int]] = field(default_factory=dict)
    """By key and column: the place of the new value."""
    missing: set[int] = field(default_factory=set)
    extra: dict[int, Values] = field(default_factory=dict)

    def right(self) -> dict[int, Values]:
        rows = {key: list(values) for key, values in self.left.items() if key not in self.missing}
        for key, cells in self.changed.items():
            for column, place in cells.items():
                rows[key][column] = place
        return {key: tuple(values) for key, values in rows.items()} | self.extra


ROW = st.tuples(*(st.integers(0, len(VALUES[kind]) - 1) for kind in TYPES))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    rows = draw(st.dictionaries(st.integers(-50, 50), ROW, max_size=25))
    plan = Plan(rows)
    for key in rows:
        fate = draw(st.sampled_from(("same", "same", "missing", "changed")))
        if fate == "missing":
            plan.missing.add(key)
        elif fate == "changed":
            cells = {}
            for column in draw(st.sets(st.integers(0, len(TYPES) - 1), min_size=1, max_size=4)):
                others = [n for n in range(len(VALUES[TYPES[column]])) if n != rows[key][column]]
                cells[column] = draw(st.sampled_from(others))
            plan.changed[key] = cells
    plan.extra = draw(st.dictionaries(st.integers(51, 99), ROW, max_size=5))
    return plan


@pytest.fixture(scope="module")
def urls(postgres: Cluster) -> Iterator[tuple[str, str]]:
    names = ("properties_a", "properties_b")
    made = tuple(create_database(postgres.url(), name, template="postgis") for name in names)
    declared = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, TYPES, strict=True))
    for url in made:
        with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
            for table in ("old", "new"):
                cursor.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, {declared})")
    yield made[0], made[1]
    for name in names:
        drop_database(postgres.url(), name)


def fill(url: str, table: str, rows: dict[int, Values]) -> None:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))
        keyed = [
            sql.SQL("({}, {})").format(sql.Literal(key), sql.SQL(", ").join(cells))
            for key, cells in zip(rows, map(_cells, rows.values()), strict=True)
        ]
        if keyed:
            cursor.execute(
                sql.SQL("INSERT INTO {} VALUES {}").format(sql.Identifier(table), sql.SQL(", ").join(keyed))
            )
        connection.commit()


def _cells(places: Values) -> list[sql.Composable]:
    return [
        sql.SQL("{}::{}").format(sql.Literal(VALUES[kind][place]), sql.SQL(kind))
        for kind, place in zip(TYPES, places, strict=True)
    ]


def compare(
    left: tuple[str, str],
    right: tuple[str, str],
    key: tuple[str, ...],
    columns: tuple[str, ...],
    small: int = SMALL,
) -> OutputDifference:
    """Compare two tables, each given by URL and name."""
    shown = sql.SQL(", ").join(map(sql.Identifier, columns))
    with open_side("left", left[0]) as first, open_side("right", right[0]) as second:
        relations = (
            Relation(side, sql.SQL("SELECT {} FROM {}").format(shown, sql.Identifier(table)))
            for side, (_, table) in ((first, left), (second, right))
        )
        return compare_relations("t", *relations, key=key, tolerances={}, sample_limit=10_000, small=small)


def planted(plan: Plan) -> set[tuple[str, str, str | None]]:
    cells = {
        ("changed", str(key), COLUMNS[column]) for key, cells in plan.changed.items() for column in cells
    }
    return (
        cells
        | {("missing", str(k), None) for k in plan.missing}
        | {("extra", str(k), None) for k in plan.extra}
    )


def found_in(difference: OutputDifference) -> set[tuple[str, str, str | None]]:
    return {(s.kind, s.key[0] or "", s.column) for s in difference.samples if s.key}


def mirrored(difference: OutputDifference) -> set[tuple[object, ...]]:
    """Give what the comparison in the other direction must find."""
    swapped = {"changed": "changed", "missing": "extra", "extra": "missing"}
    return {(swapped[s.kind], s.key, s.column, str(s.new), str(s.old)) for s in difference.samples}


SETTINGS = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("way", ["join", "streams", "segments"])
@SETTINGS
@given(plan=plans())
def test_exactly_what_was_planted_is_found(urls: tuple[str, str], way: str, plan: Plan) -> None:
    left, right = (urls[0], "old"), (urls[0 if way == "join" else 1], "new")
    fill(*left, plan.left)
    fill(*right, plan.right())
    small = 0 if way == "segments" else SMALL
    # xml is compared by the client, so a table that has it is never joined.
    columns = (
        "id",
        *(name for name, kind in zip(COLUMNS, TYPES, strict=True) if kind != "xml" or way != "join"),
    )
    without = set(COLUMNS) - set(columns)
    difference = compare(left, right, ("id",), columns, small)
    back = compare(right, left, ("id",), columns, small)
    same = compare(left, left, ("id",), columns, small)
    assert difference.strategy == ("join" if way == "join" else "streams")
    expected = {item for item in planted(plan) if item[2] not in without}
    assert found_in(difference) == expected
    assert difference.changed == len({key for kind, key, _ in expected if kind == "changed"})
    assert (difference.missing, difference.extra) == (len(plan.missing), len(plan.extra))
    assert (difference.rows_left, difference.rows_right) == (len(plan.left), len(plan.right()))
    assert mirrored(difference) == {(s.kind, s.key, s.column, str(s.old), str(s.new)) for s in back.samples}
    assert (same.rows, same.samples) == (0, ())


@SETTINGS
@given(plan=plans())
def test_without_key_the_counts_are_those_of_the_rows(urls: tuple[str, str], plan: Plan) -> None:
    # Without the key, rows that are the same in all else are the same rows.
    left, right = (urls[0], "old"), (urls[1], "new")
    fill(*left, plan.left)
    fill(*right, plan.right())
    difference = compare(left, right, (), COLUMNS)
    old, new = list(plan.left.values()), list(plan.right().values())
    missing = sum(max(0, old.count(row) - new.count(row)) for row in set(old))
    extra = sum(max(0, new.count(row) - old.count(row)) for row in set(new))
    assert (difference.changed, difference.missing, difference.extra) == (None, missing, extra)
    back = compare(right, left, (), COLUMNS)
    assert (back.missing, back.extra) == (extra, missing)


@settings(max_examples=200, deadline=None)
@given(
    left=st.lists(st.integers(0, 12), max_size=7),
    right=st.lists(st.integers(0, 12), max_size=7),
)
def test_as_many_rows_are_paired_as_can_be(left: list[int], right: list[int]) -> None:
    from comparison.tables.pairing import candidates, match

    near = candidates([(float(n),) for n in left], [(float(n),) for n in right], [1.0])
    pairs = match(near, lambda some: [abs(left[a] - right[b]) <= 1 for a, b in some])
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    assert all(abs(left[a] - right[b]) <= 1 for a, b in pairs)
    assert len(pairs) == most(tuple(left), tuple(right))


def most(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    """Pair numbers that are at most 1 apart: on a line, the smallest with the smallest is best."""
    old, new, count = sorted(left), sorted(right), 0
    while old and new:
        if abs(old[0] - new[0]) <= 1:
            count += 1
            old, new = old[1:], new[1:]
        elif old[0] < new[0]:
            old = old[1:]
        else:
            new = new[1:]
    return count
