"""One side is a file: the same rows, whatever system keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from comparison.tables.databases import DatabaseDifference, DiffOptions, TableResult
from comparison.tables.output.progress import Progress
from comparison.tables.places import compare_places
from comparison.tables.tables import Wanted
from comparison.tables.tolerance import Tolerance
from pipelines.errors import CannotProceedError
from tests.comparison.tables.conftest import Two

ROWS = [
    (1, "oak", 1.5, "0.10", True, "2026-01-01 12:00:00.25+00", "2026-01-01", b"\x00\xff", '{"a": [1, 2.0]}'),
    (2, "", -0.0, "12345678901234567890.5", False, "1999-12-31 23:59:59+00", "1999-12-31", b"", "null"),
    (3, None, None, None, None, None, None, None, None),
    (4, 'Ä, "quoted"\nand a new line', 1e300, "-7", True, "2026-06-01 00:00:00+02", "2026-06-01", b"x", "[]"),
]
POSTGRES = (
    "CREATE TABLE trees(id int PRIMARY KEY, name text, height float8, price numeric, alive boolean,"
    " planted timestamptz, day date, raw bytea, doc jsonb)"
)


def fill_postgres(url: str) -> str:
    from engines.databases import connected

    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(POSTGRES)
        cursor.executemany("INSERT INTO trees VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", ROWS)
        connection.commit()
    return url


def duck(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path))
    connection.execute(
        "CREATE TABLE trees(id INTEGER PRIMARY KEY, name VARCHAR, height DOUBLE, price DECIMAL(38, 4),"
        " alive BOOLEAN, planted TIMESTAMPTZ, day DATE, raw BLOB, doc JSON)"
    )
    connection.executemany("INSERT INTO trees VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
    return connection


def fill_duckdb(folder: Path) -> str:
    path = folder / "trees.duckdb"
    duck(path).close()
    return str(path)


def fill_parquet(folder: Path) -> str:
    path = folder / "trees.parquet"
    connection = duck(folder / "for_parquet.duckdb")
    connection.execute(f"COPY trees TO '{path}' (FORMAT parquet)")
    connection.close()
    return str(path)


def fill_sqlite(folder: Path) -> str:
    path = folder / "trees.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE trees(id INTEGER PRIMARY KEY, name TEXT, height REAL, price TEXT, alive BOOLEAN,"
            " planted TEXT, day TEXT, raw BLOB, doc TEXT)"
        )
        connection.executemany("INSERT INTO trees VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
    connection.close()
    return str(path)


FILES: dict[str, Callable[[Path], str]] = {
    "duckdb": fill_duckdb,
    "parquet": fill_parquet,
    "sqlite": fill_sqlite,
}


def compare(left: str, right: str, **options: object) -> TableResult:
    whole = compare_all(left, right, **options)
    [table] = whole.tables
    return table


def compare_all(left: str, right: str, **options: object) -> DatabaseDifference:
    return compare_places(left, right, DiffOptions(**options), Progress(quiet=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", FILES)
def test_postgres_beside_a_file_with_the_same_rows(two: Two, tmp_path: Path, kind: str) -> None:
    url, path = fill_postgres(two.left), FILES[kind](tmp_path)
    for left, right in ((url, path), (path, url)):
        # SQLite has no decimals: the price is text there, and "0.10" is not "0.1".
        ignored = ("price",) if kind == "sqlite" else ()
        table = compare(left, right, tables=(Wanted("trees", "trees"),), ignored=ignored)
        assert table.problem is None
        found = table.difference
        assert found is not None
        assert (found.rows_left, found.rows_right) == (4, 4)
        assert (found.changed, found.missing, found.extra) == (0, 0, 0), found.samples


@pytest.mark.parametrize("kind", FILES)
def test_differences_are_found_in_files(tmp_path: Path, kind: str) -> None:
    left, other = FILES[kind](tmp_path), tmp_path / "changed.duckdb"
    connection = duck(other)
    connection.execute("UPDATE trees SET name = NULL WHERE id = 2")
    connection.execute("UPDATE trees SET doc = '{\"a\": [1, 2, 3]}' WHERE id = 1")
    connection.execute("DELETE FROM trees WHERE id = 3")
    connection.execute("INSERT INTO trees(id, name) VALUES (9, 'new')")
    connection.close()
    asked = {"tables": (Wanted("trees", "trees"),), "keys": {"": ("id",)}, "ignored": ("price",)}
    found = compare(left, str(other), **asked).difference
    assert found is not None
    changed = {(s.key, s.column) for s in found.samples if s.kind == "changed"}
    assert changed == {(("2",), "name"), (("1",), "doc")}
    assert (found.missing, found.extra) == (1, 1)


def test_two_csv_files_with_and_without_key(tmp_path: Path) -> None:
    left, right = tmp_path / "old.csv", tmp_path / "new.csv"
    left.write_text("id,height,note\n1,1.0,a\n2,2.0,b\n2,2.0,b\n")
    right.write_text("note,id,height\nb,2,2.0\na,1,1.0\n")
    found = compare(str(left), str(right)).difference
    assert found is not None
    assert (found.strategy, found.changed, found.missing, found.extra) == ("files", None, 1, 0)
    table = compare(str(left), str(right), keys={"": ("id",)})
    assert table.difference is None
    assert table.repeated_keys == (("2", 2),)


def test_a_csv_file_takes_the_types_of_the_other_side(two: Two, tmp_path: Path) -> None:
    two.only_left(
        "CREATE TABLE t(id int PRIMARY KEY, v numeric, at timestamptz, ok bool);"
        "INSERT INTO t VALUES (1, 1.50, '2026-01-01 00:00Z', true), (2, NULL, NULL, NULL)"
    )
    path = tmp_path / "t.csv"
    path.write_text("id,v,at,ok\n01,1.5,2026-01-01T01:00:00+01:00,yes\n2,,,\n")
    found = compare(two.left, str(path)).difference
    assert found is not None
    assert (found.changed, found.missing, found.extra) == (0, 0, 0), found.samples


def test_tolerances_hold_for_files(tmp_path: Path) -> None:
    path, other = Path(fill_duckdb(tmp_path)), tmp_path / "near.duckdb"
    connection = duck(other)
    connection.execute("UPDATE trees SET height = height + 0.001, planted = planted + INTERVAL 1 SECOND")
    connection.close()
    near = {"height": Tolerance(0.01), "planted": Tolerance(2, "seconds")}
    found = compare(str(path), str(other), tolerances=near).difference
    assert found is not None
    assert found.changed == 0
    exact = compare(str(path), str(other)).difference
    assert exact is not None
    assert {column.name: column.changed for column in exact.columns if column.changed} == {
        "height": 2,  # 1e300 + 0.001 is 1e300
        "planted": 3,
    }


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match="does not exist"):
        compare_all(str(tmp_path / "none.csv"), str(tmp_path / "none.csv"))
    odd = tmp_path / "odd.xlsx"
    odd.write_text("x")
    with pytest.raises(CannotProceedError, match="the name must end with"):
        compare_all(str(odd), str(odd))
    broken = tmp_path / "broken.duckdb"
    broken.write_text("not a database")
    with pytest.raises(CannotProceedError, match="cannot be read"):
        compare_all(str(broken), str(broken))
    with pytest.raises(CannotProceedError, match="mysql is not read"):
        compare_all("mysql://me:secret@host/x", str(broken))


def test_nothing_is_written_to_the_files(tmp_path: Path) -> None:
    paths = [fill(tmp_path) for fill in FILES.values()]
    before = {path: Path(path).read_bytes() for path in paths}
    for path in paths:
        compare(path, path, tables=(Wanted("trees", "trees"),))
    assert {path: Path(path).read_bytes() for path in paths} == before
