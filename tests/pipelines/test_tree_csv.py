"""A user's own file: what is read, what is rejected row by row, and what stops the whole file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipelines.errors import CannotProceedError
from pipelines.tree_clusters.tree_csv import Columns, Rejected, read_trees, write_rejects


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trees.csv"


def _positions(file: Path, columns: Columns | None = None) -> list[tuple[int, float | None, float | None]]:
    trees, _ = read_trees(file, columns or Columns())
    return [(tree.id, tree.lat, tree.lon) for tree in trees]


def test_plain_rows_are_read(file: Path) -> None:
    file.write_text("id,lat,lon\n1,45.5,-122.6\n2, 0 ,180\n")
    assert _positions(file) == [(1, 45.5, -122.6), (2, 0.0, 180.0)]


def test_other_columns_order_quotes_bom_and_line_ends_do_not_matter(file: Path) -> None:
    text = 'species,Y,"X",tree\r\n"Oak, red",1.5,2.5,7\r\n"two\nlines",3,4,8\r\n\r\n'
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert _positions(file, Columns(id="tree", lat="Y", lon="X")) == [(7, 1.5, 2.5), (8, 3.0, 4.0)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x,1,2", "the id 'x' is not a whole number"),
        ("1.0,1,2", "the id '1.0' is not a whole number"),
        ("0,1,2", "the id '0' is not a whole number"),
        ("2147483648,1,2", "the id '2147483648' is not a whole number"),
        ("٣,1,2", "is not a whole number"),
        ("9,1,2", "the id 9 was on an earlier line"),
        ("1,,2", "no latitude"),
        ("1,1, ", "no longitude"),
        ("1,north,2", "the latitude 'north' is not a number"),
        ('1,"45,5",2', "the latitude '45,5' has a decimal comma; a point is needed"),
        ("1,45,5,2", "4 fields where the header has 3"),
        ("1,2", "2 fields where the header has 3"),
        ("1,90.1,2", "the latitude 90.1 is not between -90 and 90"),
        ("1,1,-181", "the longitude -181 is not between -180 and 180"),
        ("1,nan,2", "the latitude nan is not between"),
        ("1,1,inf", "the longitude inf is not between"),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_with_its_line_and_reason(
    file: Path, row: str, reason: str
) -> None:
    file.write_text(f"id,lat,lon\n9,1,1\n{row}\n10,1,1\n", encoding="utf-8")
    trees, rejected = read_trees(file, Columns())
    assert [tree.id for tree in trees] == [9, 10]
    assert [one.line for one in rejected] == [3]
    assert reason in rejected[0].reason


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no header"),
        (b"id,lat,lon\n", "no row that can be used"),
        (b"id,lat,lon\n1,x,2\n", "no row that can be used. Line 2: the latitude 'x'"),
        (b"id;lat;lon\n1;45,5;2\n", "by semicolons, not by commas.*a point in decimal"),
        (b"id\tlat\tlon\n1\t1\t1\n", "by tabs, not by commas"),
        (b"id,latitude,lon\n1,1,1\n", "lacks the column 'lat'. It has: id, latitude, lon.*--lat-column"),
        (b"id,lat,lat,lon\n1,1,1,1\n", "more than one column 'lat'"),
        ("id,lat,lon\n1,1,1\n".encode("utf-16"), "is UTF-16"),
        (b"id,lat,lon,name\n1,1,1,Z\xfcrich\n", "not UTF-8: line 2, byte 8"),
        (b"id,lat,lon\n1,1,\x00\n", "zero byte on line 2"),
        (b'id,lat,lon\n1,"1"x,1\n', "not well-formed CSV near line 2"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(
    file: Path, content: bytes, sentence: str
) -> None:
    file.write_bytes(content)
    with pytest.raises(CannotProceedError, match=sentence):
        read_trees(file, Columns())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match=r"Cannot read .*none.csv: No such file"):
        read_trees(tmp_path / "none.csv", Columns())


def test_the_rejects_file_holds_line_reason_and_the_row(tmp_path: Path) -> None:
    target = tmp_path / "rejects.csv"
    with target.open("w", newline="") as opened:
        write_rejects(opened, [Rejected(3, "no latitude", ("1", "", "a,b"))])
    with target.open(newline="") as opened:
        assert list(csv.reader(opened)) == [["line", "reason", "row"], ["3", "no latitude", "1", "", "a,b"]]
