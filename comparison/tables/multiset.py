"""Rows without a key: as many of each kind on both sides?

Rows are told apart by a 128-bit hash of the columns that must be equal; within such a group, rows that
differ only in columns that a hash cannot settle, such as those with a tolerance, are paired (see pairing.py).
Both sides stream in the order of the hash, so one group at a time is in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from psycopg2 import sql

from comparison.tables.confirm import equal_pairs
from comparison.tables.equality import Equality
from comparison.tables.pairing import Pair, Point, candidates, match
from comparison.tables.relation import Comparison, Relation, column_of, hash_of
from comparison.tables.tally import Tally, Text

Group = list["Counted"]
ASKED_AT_ONCE = 20_000


@dataclass(frozen=True)
class Counted:
    """A row of one side, and how often it is there."""

    values: tuple[Text, ...]
    near: tuple[Text, ...]
    """The columns that the hash does not settle, as text."""
    point: Point
    times: int


def compare_multisets(comparison: Comparison, tally: Tally, only: sql.Composable | None = None) -> None:
    """Compare two relations without a key; rows are not counted here."""
    left = _groups(comparison, comparison.left, only)
    right = _groups(comparison, comparison.right, only)
    old, new = next(left, None), next(right, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old[0] < new[0]):
            assert old is not None  # noqa: S101
            _report(comparison, tally, old[1], [])
            old = next(left, None)
        elif old is None or new[0] < old[0]:
            _report(comparison, tally, [], new[1])
            new = next(right, None)
        else:
            _report(comparison, tally, *_left_over(comparison, old[1], new[1]))
            old, new = next(left, None), next(right, None)


def approximate(comparison: Comparison) -> list[Equality]:
    """Give the columns whose hash does not settle whether values are equal.

    Those with a tolerance, and those whose equal values can be written in several ways (jsonb, arrays of
    numbers): rows that agree in all else are paired by asking the server.
    """
    return [
        column
        for column in comparison.columns
        if column.tolerance is not None or not (column.one_form or column.in_client)
    ]


def identity(comparison: Comparison, seed: int = 0) -> sql.Composable:
    """Give the hash that two rows must share to be compared at all.

    Of a column with a tolerance, only whether it is NULL counts.
    """
    parts: list[sql.Composable] = []
    for column in comparison.columns:
        place = column_of(column.name)
        if column.tolerance is not None:
            parts.append(sql.SQL("({} IS NULL)").format(place))
        elif column.one_form or column.in_client:
            parts.append(column.keyed(place))
        else:
            parts.append(column.coarse(place))
    return hash_of(parts, seed)


def _left_over(comparison: Comparison, old: Group, new: Group) -> tuple[Group, Group]:
    """Take away what both sides have; give what is left of each."""
    old, new = _subtract(old, new)
    near = approximate(comparison)
    if not near or not old or not new:
        return old, new
    old, new = _single(old), _single(new)
    amounts = [amount for column in near for amount in reaches(column)]
    near_pairs = candidates([row.point for row in old], [row.point for row in new], amounts)

    def accept(pairs: Sequence[Pair]) -> list[bool]:
        accepted = [True] * len(pairs)
        for start in range(0, len(pairs), ASKED_AT_ONCE):
            part = pairs[start : start + ASKED_AT_ONCE]
            for place, column in enumerate(near):
                texts = [(old[a].near[place], new[b].near[place]) for a, b in part]
                answers = equal_pairs(comparison.left.side, column, texts)
                for number, equal in enumerate(answers):
                    accepted[start + number] &= equal
        return accepted

    matched = match(near_pairs, accept)
    gone_left, gone_right = {a for a, _ in matched}, {b for _, b in matched}
    return (
        [row for number, row in enumerate(old) if number not in gone_left],
        [row for number, row in enumerate(new) if number not in gone_right],
    )


def _subtract(old: Group, new: Group) -> tuple[Group, Group]:
    """Take away rows that are the same to the letter in the columns that the hash does not settle."""
    first, second = (
        defaultdict[tuple[Text, ...], list[Counted]](list),
        defaultdict[tuple[Text, ...], int](int),
    )
    for row in old:
        first[row.near].append(row)
    left, right = [], []
    for row in new:
        second[row.near] += row.times
    for near, rows in first.items():
        surplus = sum(row.times for row in rows) - second.get(near, 0)
        if surplus > 0:
            left.append(Counted(rows[0].values, near, rows[0].point, surplus))
    for row in new:
        have = sum(other.times for other in first.get(row.near, ()))
        surplus = second.pop(row.near, 0) - have
        if surplus > 0:
            right.append(Counted(row.values, row.near, row.point, surplus))
    return left, right


def _single(rows: Group) -> Group:
    return [Counted(row.values, row.near, row.point, 1) for row in rows for _ in range(row.times)]


def reaches(column: Equality) -> list[float]:
    """Give how far apart two equal values can be in each coordinate of `coordinates`."""
    if column.tolerance is None:
        return []
    if column.plain == "geometry":
        return [column.tolerance.amount] * 2
    if column.plain == "geography" or column.tolerance.kind == "relative":
        return [0.0]  # one cell: degrees are not metres, and a share is no distance
    return [column.tolerance.amount]


def coordinates(column: Equality) -> list[sql.Composable]:
    """Give numbers that are near each other where two values are: corners of a geometry, seconds of a time.

    Two geometries whose Hausdorff distance is d have bounding boxes whose edges are at most d apart.
    """
    if column.tolerance is None:
        return []
    place = column_of(column.name)
    schema = sql.Identifier(column.postgis)
    if column.plain == "geometry":
        return [sql.SQL("{}.ST_{}({})").format(schema, sql.SQL(edge), place) for edge in ("XMin", "YMin")]
    if len(reaches(column)) == 1 and reaches(column)[0] == 0.0 and column.plain != "numeric":
        return [sql.SQL("0.0::float8")]
    if column.plain in ("date", "time", "timetz", "timestamp", "timestamptz", "interval"):
        return [sql.SQL("extract(epoch FROM {})::float8").format(place)]
    if column.plain == "money":
        return [sql.SQL("{}::numeric::float8").format(place)]
    return [sql.SQL("{}::float8").format(place)]


def _groups(
    comparison: Comparison, relation: Relation, only: sql.Composable | None
) -> Iterator[tuple[tuple[int, int], Group]]:
    near = approximate(comparison)
    points = [part for column in near for part in coordinates(column)]
    width = len(comparison.columns)
    places = [comparison.columns.index(column) for column in near]
    query = sql.SQL("SELECT {} FROM {} {} ORDER BY 1, 2").format(
        sql.SQL(", ").join(
            [
                identity(comparison),
                identity(comparison, seed=1),
                *(column.text(column_of(column.name)) for column in comparison.columns),
                *points,
            ]
        ),
        relation.source,
        sql.SQL("WHERE {}").format(only) if only else sql.SQL(""),
    )
    for number, rows in groupby(relation.side.stream(query), key=itemgetter(0, 1)):
        counted: dict[tuple[Text, ...], tuple[tuple[Text, ...], Point, int]] = {}
        for row in rows:
            values = row[2 : width + 2]
            kept = tuple(values[place] for place in places)
            point = tuple(0.0 if value is None else value for value in row[width + 2 :])
            before = counted.get(kept)
            counted[kept] = (values, point, 1) if before is None else (before[0], before[1], before[2] + 1)
        yield number, [Counted(values, kept, point, n) for kept, (values, point, n) in counted.items()]


def _report(comparison: Comparison, tally: Tally, old: Group, new: Group) -> None:
    names = [column.name for column in comparison.columns]
    for row in old:
        tally.miss(None, dict(zip(names, row.values, strict=True)), row.times)
    for row in new:
        tally.surplus(None, dict(zip(names, row.values, strict=True)), row.times)
