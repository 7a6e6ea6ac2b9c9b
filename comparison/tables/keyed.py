"""Rows with a key, on two connections: both sides stream in the order of the key's hash and are merged.

The order of a 64-bit hash is the same on every server, whatever the key's type and collation. A row travels
as text only where its segment differs (see segments.py); texts that differ go back to the left server, which
says by the column's own definition whether the values do.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from psycopg2 import sql

from comparison.tables.confirm import equal_pairs
from comparison.tables.merge import Row, merged
from comparison.tables.relation import Comparison, Relation, column_of, key_hash
from comparison.tables.tally import Key, Tally, Text

BATCH = 1000
"""Rows whose texts differ, asked about at once."""

Pending = tuple[Key, tuple[Text, ...], tuple[Text, ...], tuple[int, ...]]


def compare_keyed(comparison: Comparison, tally: Tally, only: sql.Composable | None = None) -> None:
    """Compare two relations by key; `only` restricts both to some segments. Rows are not counted here."""
    pending: list[Pending] = []
    for left, right in _matched(comparison, only):
        if right is None and left is not None:
            tally.miss(left[0], _named(comparison, left))
        elif left is None and right is not None:
            tally.surplus(right[0], _named(comparison, right))
        elif left is not None and right is not None and left[1] != right[1]:
            places = tuple(
                i for i, (old, new) in enumerate(zip(left[1], right[1], strict=True)) if old != new
            )
            pending.append((left[0], left[1], right[1], places))
            if len(pending) >= BATCH:
                _settle(comparison, pending, tally)
    _settle(comparison, pending, tally)


def _settle(comparison: Comparison, pending: list[Pending], tally: Tally) -> None:
    """Ask about the values whose texts differ, column by column, and count those that do differ."""
    changed: list[dict[str, tuple[Text, Text]]] = [{} for _ in pending]
    for place, column in enumerate(comparison.values):
        rows = [number for number, item in enumerate(pending) if place in item[3]]
        pairs = [(pending[number][1][place], pending[number][2][place]) for number in rows]
        answers = equal_pairs(comparison.left.side, column, pairs)
        for number, pair, equal in zip(rows, pairs, answers, strict=True):
            if not equal:
                changed[number][column.name] = pair
    for item, cells in zip(pending, changed, strict=True):
        if cells:
            tally.change(item[0], cells)
    pending.clear()


def _matched(comparison: Comparison, only: sql.Composable | None) -> Iterator[tuple[Row | None, Row | None]]:
    # Keys of some types can be equal and be written in several ways: those go by their hash.
    by_text = all(column.one_form for column in comparison.keys)
    left = _groups(comparison, comparison.left, only)
    right = _groups(comparison, comparison.right, only)
    return merged(left, right, by_text=by_text)


def _groups(
    comparison: Comparison, relation: Relation, only: sql.Composable | None
) -> Iterator[tuple[int, dict[Key, Row]]]:
    """Give the rows of each hash; more than one only where two keys happen to share it."""
    width = len(comparison.key)
    rows = relation.side.stream(_query(comparison, relation, only))
    for number, group in groupby(rows, key=itemgetter(0)):
        found = ((row[1 : width + 1], row[width + 1 :]) for row in group)
        yield number, {key: (key, values) for key, values in found}


def _query(comparison: Comparison, relation: Relation, only: sql.Composable | None) -> sql.Composable:
    keys = [sql.SQL("{}::text").format(column.keyed(column_of(column.name))) for column in comparison.keys]
    values = [column.text(column_of(column.name)) for column in comparison.values]
    return sql.SQL("SELECT {} FROM {} {} ORDER BY 1").format(
        sql.SQL(", ").join([key_hash(comparison.keys), *keys, *values]),
        relation.source,
        sql.SQL("WHERE {}").format(only) if only else sql.SQL(""),
    )


def _named(comparison: Comparison, row: Row) -> dict[str, Text]:
    names = (*comparison.key, *(column.name for column in comparison.values))
    return dict(zip(names, (*row[0], *row[1]), strict=True))
