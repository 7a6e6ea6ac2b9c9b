"""Which parts of two tables differ: each server sums the hashes of its rows, segment by segment.

A segment's count and sum are all that travels, so equal tables cost one scan on each server and next to
nothing between them (measured in docs/decisions/0050-segments-before-rows.md). Only the rows of segments that
differ are then fetched.
"""

from __future__ import annotations

from array import array
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from comparison.tables.equality import Equality
from comparison.tables.families import INTEGERS
from comparison.tables.multiset import identity
from comparison.tables.relation import Comparison, Relation, column_of, key_hash, row_hash

ROWS_PER_SEGMENT = 64
FEWEST, MOST = 64, 65536
_WIDE = (1 << 64) - 1

Rows = list[tuple[Any, ...]]


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


def segment(comparison: Comparison, estimate: int) -> Segmented:
    """Sum up both sides, at the same time."""
    segments = FEWEST
    while segments < MOST and segments * ROWS_PER_SEGMENT < estimate:
        segments *= 2
    expression = _expression(comparison, segments, estimate)
    sums = row_hash(comparison.columns)
    sides = (comparison.left, comparison.right)
    begun = [_begin(relation, expression, sums) for relation in sides]
    totals, digests = [], []
    for relation, future in zip(sides, begun, strict=True):
        total, digest = _digest(relation.side.result(future), segments)
        totals.append(total)
        digests.append(digest)
    left, right = digests
    differing = tuple(number for number in range(segments) if left[number] != right[number])
    return Segmented(totals[0], totals[1], segments, differing, expression)


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


def _begin(relation: Relation, expression: sql.Composable, sums: sql.Composable) -> Future[Rows]:
    # The planner cannot know how few segments there are, and would sort every row to group them.
    query = sql.SQL(
        "SELECT set_config('enable_sort', 'off', true);"
        " SELECT {segment}, count(*), sum({sums}) FROM {source} GROUP BY 1"
    ).format(segment=expression, sums=sums, source=relation.source)
    begun = relation.side.begin(query)
    relation.side.begin(sql.SQL("SELECT set_config('enable_sort', 'on', true)"))
    return begun


def _digest(rows: Rows, segments: int) -> tuple[int, array[int]]:
    """Put count and sum of each segment into 64 bits."""
    digest = array("Q", bytes(8 * segments))
    total = 0
    for number, count, hashes in rows:
        total += count
        digest[number] = (int(hashes or 0) * 31 + count) & _WIDE
    return total, digest
