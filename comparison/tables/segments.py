"""Which parts of two tables differ: each server sums the hashes of its rows, segment by segment.

A segment's count and sum are all that travels, so equal tables cost one scan on each server and next to
nothing between them (measured in docs/decisions/0050-segments-before-rows.md). Only the rows of segments that
differ are then fetched.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from psycopg2 import sql

from comparison.tables.equality import Equality
from comparison.tables.families import INTEGERS
from comparison.tables.multiset import identity
from comparison.tables.relation import Comparison, Relation, column_of, key_hash, row_hash

ROWS_PER_SEGMENT = 32
FEWEST, MOST = 64, 65536
_WIDE = (1 << 64) - 1

ROWS_PER_PART = 500_000
MOST_PARTS = 32

Advance = Callable[[float], None]
"""Told how much of a table is done, 0 to 1."""


@dataclass(frozen=True)
class Segmented:
    """What the first pass found."""

    rows_left: int
    rows_right: int
    segments: int
    differing: tuple[int, ...]
    expression: sql.Composable

    @property
    def only(self) -> sql.Composable | None:
        """A condition for the rows of the segments that differ; None: nearly all of them do."""
        if len(self.differing) > self.segments // 2:
            return None
        # An array of constants is looked up by hash; a sub-select would be searched row by row.
        return sql.SQL("{} = ANY ({}::bigint[])").format(self.expression, sql.Literal(list(self.differing)))


def segment(comparison: Comparison, estimate: int, advance: Advance) -> Segmented:
    """Sum up both sides, at the same time; large tables in parts, so that `advance` hears how far it is."""
    segments = FEWEST
    while segments < MOST and segments * ROWS_PER_SEGMENT < estimate:
        segments *= 2
    expression = _expression(comparison, segments, estimate)
    sums = row_hash(comparison.columns)
    digests = (Digest(segments), Digest(segments))
    parts = min(MOST_PARTS, estimate // ROWS_PER_PART)
    pairs = list(zip_longest(comparison.left.parts(parts), comparison.right.parts(parts)))
    for number, relations in enumerate(pairs, start=1):
        streams = [_begin(relation, expression, sums) for relation in relations if relation is not None]
        taking = [digest for digest, relation in zip(digests, relations, strict=True) if relation is not None]
        for digest, rows in zip(taking, streams, strict=True):
            digest.add(rows)
        advance(number / len(pairs))
    left, right = digests
    differing = tuple(number for number in range(segments) if left.sums[number] != right.sums[number])
    return Segmented(left.rows, right.rows, segments, differing, expression)


class Digest:
    """Rows, and 64 bits for each segment: its count and sum. What several parts give adds up."""

    def __init__(self, segments: int) -> None:
        self.rows = 0
        self.sums = array("Q", bytes(8 * segments))

    def add(self, segments: Iterator[tuple[Any, ...]]) -> None:
        """Take in number, count and sum of hashes of some segments."""
        for number, count, hashes in segments:
            self.rows += count
            self.sums[number] = (self.sums[number] + int(hashes or 0) * 31 + count) & _WIDE


def estimated_rows(relation: Relation) -> int:
    """Give the planner's estimate."""
    explained = relation.side.rows(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(relation.query))
    return int(explained[0][0][0]["Plan"]["Plan Rows"])


def _expression(comparison: Comparison, segments: int, estimate: int) -> sql.Composable:
    """Give a row's segment. Of one whole number the upper bits will do: rows that lie together stay so."""
    mask = sql.Literal(segments - 1)
    if not comparison.key:
        return sql.SQL("({} & {})").format(identity(comparison), mask)
    if len(comparison.keys) == 1 and _whole(comparison.keys[0]):
        shift = max(0, (max(estimate, 1) // segments).bit_length() - 1)
        return sql.SQL("(({}::bigint >> {}) & {}::bigint)").format(
            column_of(comparison.key[0]), sql.Literal(shift), mask
        )
    return sql.SQL("({} & {})").format(key_hash(comparison.keys), mask)


def _whole(column: Equality) -> bool:
    return column.plain in INTEGERS


def _begin(relation: Relation, expression: sql.Composable, sums: sql.Composable) -> Iterator[tuple[Any, ...]]:
    """Start summing up one side, and come back at once."""
    # The planner cannot know how few segments there are, and would sort every row to group them.
    relation.side.begin(sql.SQL("SELECT set_config('enable_sort', 'off', true)"))
    rows = relation.side.stream(
        sql.SQL("SELECT {segment}, count(*), sum({sums}) FROM {source} GROUP BY 1").format(
            segment=expression, sums=sums, source=relation.source
        )
    )
    relation.side.begin(sql.SQL("SELECT set_config('enable_sort', 'on', true)"))
    return rows
