"""Proves that a key identifies rows, before anything is matched by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg2 import sql

from comparison.tables.records import KeyNotUniqueError
from comparison.tables.relation import Comparison, Relation, column_of
from comparison.tables.types import Column

EXAMPLES = 5

# Plans made of these alone give each row of their one table at most once, unchanged.
_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Tid Scan", "Tid Range Scan")
_PASSING = (
    "Gather",
    "Gather Merge",
    "Bitmap Index Scan",
    "BitmapAnd",
    "BitmapOr",
    "Sort",
    "Append",
    "Merge Append",
)

_UNIQUE_INDEXES = """
SELECT ARRAY(SELECT unnest(i.indkey[0:i.indnkeyatts - 1])::int)
  FROM pg_index i
 WHERE i.indrelid = {table} AND i.indisunique AND i.indisvalid AND i.indimmediate
   AND i.indpred IS NULL AND i.indexprs IS NULL"""


def prove_unique(comparison: Comparison, left: Sequence[Column], right: Sequence[Column]) -> str:
    """Prove that no key is there twice, on both sides: by a unique index, or by looking. Says how.

    Raises KeyNotUniqueError with examples.
    """
    ways = []
    for relation, columns in ((comparison.left, left), (comparison.right, right)):
        if indexed(relation, columns, comparison.key):
            ways.append("a unique index")
            continue
        found = _repeated(comparison, relation)
        if found:
            raise KeyNotUniqueError(comparison.name, comparison.key, relation.side.name, found)
        ways.append("counting")
    return " and ".join(dict.fromkeys(ways))


def indexed(relation: Relation, columns: Sequence[Column], key: Sequence[str]) -> bool:
    """Say whether a unique index over columns that are NOT NULL proves the key."""
    by_name = {column.name: column for column in columns}
    chosen = [by_name[name] for name in key]
    tables = {column.table_oid for column in chosen}
    if None in tables or len(tables) != 1 or not _scans_one_table(relation):
        return False
    sound = {column.table_column for column in chosen if column.not_null}
    indexes = relation.side.rows(sql.SQL(_UNIQUE_INDEXES).format(table=sql.Literal(next(iter(tables)))))
    return any(set(numbers) <= sound for (numbers,) in indexes)


def _scans_one_table(relation: Relation) -> bool:
    """Say whether the SELECT reads the rows of one table, each at most once; the planner knows."""
    explained = relation.side.rows(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(relation.query))
    nodes = list(_nodes(explained[0][0][0]["Plan"]))
    scans = [node for node in nodes if node["Node Type"] in _SCANS]
    if any(node["Node Type"] not in (*_SCANS, *_PASSING) for node in nodes):
        return False
    if len(scans) == 1:
        return True
    # Several scans are the partitions of one table; the children of inheritance share no index.
    return bool(scans) and _is_partitioned(relation)


def _is_partitioned(relation: Relation) -> bool:
    with relation.side.explained(), relation.side.connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM ({}) q LIMIT 0").format(relation.query))
        tables = {column.table_oid for column in cursor.description or ()}
    kinds = relation.side.rows(
        sql.SQL("SELECT relkind::text FROM pg_class WHERE oid = ANY ({}::oid[])").format(
            sql.Literal([table for table in tables if table])
        )
    )
    return kinds == [("p",)]


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


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
