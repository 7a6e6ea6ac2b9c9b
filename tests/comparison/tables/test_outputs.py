"""What the comparison of a pipeline's outputs relies on: every planted difference, and no other."""

from __future__ import annotations

import pytest

from comparison.tables import KeyNotUniqueError, OutputDifference, compare_output
from pipelines.catalog import Output
from tests.comparison.tables.conftest import Two

KEYED = Output("t", "SELECT id, v, w FROM t", key=("id",))
ROWS = (
    "CREATE TABLE t(id int, v text, w numeric);"
    "INSERT INTO t SELECT i, 'v' || i, i FROM generate_series(1, 3000) i"
)


def differences(found: OutputDifference) -> tuple[int | None, int, int]:
    return found.changed, found.missing, found.extra


def test_equal_tables_have_no_difference(two: Two) -> None:
    two.both(ROWS)
    found = compare_output(two.left, two.right, KEYED)
    assert (found.rows_left, found.rows_right) == (3000, 3000)
    assert differences(found) == (0, 0, 0)
    assert found.samples == ()
    assert [(column.name, column.changed) for column in found.columns] == [("v", 0), ("w", 0)]


def test_the_order_of_rows_is_no_difference(two: Two) -> None:
    two.both("CREATE TABLE t(id int, v text, w numeric)")
    two.only_left("INSERT INTO t SELECT i, i, i FROM generate_series(1, 500) i")
    two.only_right("INSERT INTO t SELECT i, i, i FROM generate_series(500, 1, -1) i")
    assert differences(compare_output(two.left, two.right, KEYED)) == (0, 0, 0)


def test_changed_missing_and_extra_rows_are_found_with_their_values(two: Two) -> None:
    two.both(ROWS)
    two.only_right("UPDATE t SET v = 'other' WHERE id = 7; UPDATE t SET w = NULL WHERE id = 8")
    two.only_right("DELETE FROM t WHERE id = 9; INSERT INTO t VALUES (9999, 'new', 1)")
    found = compare_output(two.left, two.right, KEYED)
    assert differences(found) == (2, 1, 1)
    assert {(s.kind, s.key, s.column) for s in found.samples} == {
        ("changed", ("7",), "v"),
        ("changed", ("8",), "w"),
        ("missing", ("9",), None),
        ("extra", ("9999",), None),
    }
    by_key = {s.key: (s.old, s.new) for s in found.samples}
    assert by_key["7",] == ("v7", "other")
    assert by_key["8",] == ("8", None)
    assert by_key["9",] == ({"id": "9", "v": "v9", "w": "9"}, None)
    assert by_key["9999",] == (None, {"id": "9999", "v": "new", "w": "1"})
    assert [(c.name, c.changed) for c in found.columns] == [("v", 1), ("w", 1)]
    assert found.columns[0].share == pytest.approx(1 / 2999)


def test_a_key_that_is_not_unique_gives_examples_and_no_answer(two: Two) -> None:
    two.both(ROWS)
    two.only_right("INSERT INTO t VALUES (5, 'again', 1), (5, 'and again', 1)")
    with pytest.raises(KeyNotUniqueError, match=r"not unique on the right side: \(5\) 3 times"):
        compare_output(two.left, two.right, KEYED)


def test_composite_keys_match_by_all_their_columns(two: Two) -> None:
    two.both(
        "CREATE TABLE t(a int, b text, v int); INSERT INTO t VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)"
    )
    two.only_right("UPDATE t SET v = 9 WHERE a = 1 AND b = 'y'")
    found = compare_output(two.left, two.right, Output("t", "SELECT a, b, v FROM t", key=("a", "b")))
    assert differences(found) == (1, 0, 0)
    assert (found.samples[0].key, found.samples[0].old, found.samples[0].new) == (("1", "y"), "2", "9")


def test_without_key_rows_are_counted(two: Two) -> None:
    two.both("CREATE TABLE t(v text); INSERT INTO t VALUES ('a'), ('a'), ('b'), (NULL)")
    two.only_right("DELETE FROM t WHERE v = 'b'; INSERT INTO t VALUES ('a'), ('a'), ('')")
    found = compare_output(two.left, two.right, Output("t", "SELECT v FROM t"))
    assert differences(found) == (None, 1, 3)
    assert sorted(str(s.new["v"]) for s in found.samples if s.kind == "extra") == ["", "a", "a"]


def test_clusters_a_hair_apart_are_paired_and_others_are_not(two: Two) -> None:
    clusters = Output("clusters", "SELECT count, zoom, location FROM clusters", tolerances={"location": 1e-9})
    two.both("CREATE TABLE clusters(id serial, count int, zoom int, location geometry(point, 4326))")
    insert = (
        "INSERT INTO clusters(count, zoom, location)"
        " SELECT 1, 14, ST_SetSRID(ST_MakePoint({}, 1), 4326) FROM generate_series(1, 2000) i"
    )
    two.only_left(insert.format("i"))
    two.only_right(insert.format("i + 4e-10"))
    assert differences(compare_output(two.left, two.right, clusters)) == (None, 0, 0)
    two.only_right("UPDATE clusters SET location = ST_Translate(location, 0, 1e-8) WHERE id = 5")
    two.only_right("UPDATE clusters SET count = 2 WHERE id = 6")
    found = compare_output(two.left, two.right, clusters)
    assert differences(found) == (None, 2, 2)
    assert any(
        "POINT(5.0000000004 1.00000001)" in s.new["location"] for s in found.samples if s.kind == "extra"
    )


def test_rows_near_each_other_are_paired_so_that_none_is_left(two: Two) -> None:
    # The nearest partner of 0 is 0.5, but 1.4 has no other partner than 0.5: 0 must take -0.9.
    near = Output("t", "SELECT v FROM t", tolerances={"v": 1.0})
    two.both("CREATE TABLE t(v float8)")
    two.only_left("INSERT INTO t VALUES (0), (1.4)")
    two.only_right("INSERT INTO t VALUES (0.5), (-0.9)")
    assert differences(compare_output(two.left, two.right, near)) == (None, 0, 0)
    two.only_left("INSERT INTO t VALUES (0.1)")
    assert differences(compare_output(two.left, two.right, near)) == (None, 1, 0)
