"""Proves that a key identifies rows, before anything is matched by it."""

from __future__ import annotations

from psycopg2 import sql

from comparison.tables.records import KeyNotUniqueError
from comparison.tables.relation import Comparison, Relation, column_of

EXAMPLES = 5


def prove_unique(comparison: Comparison) -> None:
    """Look for keys that are there more than once, on both sides.

    Raises KeyNotUniqueError with examples.
    """
    for relation in (comparison.left, comparison.right):
        found = _repeated(comparison, relation)
        if found:
            raise KeyNotUniqueError(comparison.name, comparison.key, relation.side.name, found)


def _repeated(comparison: Comparison, relation: Relation) -> tuple[tuple[str, int], ...]:
    """Give repeated keys as text, the most frequent first, and how often they are there."""
    keys = [column.keyed(column_of(column.name)) for column in comparison.keys]
    query = sql.SQL(
        "SELECT concat_ws(', ', {shown}), n FROM (SELECT {named}, count(*) AS n FROM {source}"
        " GROUP BY {numbers} HAVING count(*) > 1) d ORDER BY n DESC, 1 LIMIT {limit}"
    ).format(
        shown=sql.SQL(", ").join(
            sql.SQL("coalesce({}::text, 'NULL')").format(sql.Identifier("d", f"k{number}"))
            for number in range(len(keys))
        ),
        named=sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(key, sql.Identifier(f"k{number}")) for number, key in enumerate(keys)
        ),
        source=relation.source,
        numbers=sql.SQL(", ").join(sql.SQL(str(number + 1)) for number in range(len(keys))),
        limit=sql.Literal(EXAMPLES),
    )
    return tuple((str(shown), int(count)) for shown, count in relation.side.rows(query))
