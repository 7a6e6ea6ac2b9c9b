"""What is read on one side: a SELECT, and the columns that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2 import sql

from comparison.tables.equality import Equality
from comparison.tables.sides import Side


@dataclass(frozen=True)
class Relation:
    """A SELECT on one side."""

    side: Side
    query: sql.Composable
    """A SELECT without order; for a table, of the columns that are compared."""
    pages: int = 0
    """Blocks of the one table that the SELECT reads whole, without a condition; 0 if it is not like that."""

    def parts(self, count: int) -> tuple[Relation, ...]:
        """Give the relation in parts, by the place of the rows in the table: together, all its rows."""
        if count < 2 or self.pages < count:
            return (self,)
        edges = [self.pages * number // count for number in range(1, count)]
        places = [sql.SQL("{}::tid").format(sql.Literal(f"({edge},0)")) for edge in edges]
        made = []
        for first, last in zip((None, *places), (*places, None), strict=True):
            tests = [sql.SQL("ctid >= {}").format(first)] if first else []
            tests += [sql.SQL("ctid < {}").format(last)] if last else []
            query = sql.SQL("{} WHERE {}").format(self.query, sql.SQL(" AND ").join(tests))
            made.append(Relation(self.side, query))
        return tuple(made)

    @property
    def source(self) -> sql.Composable:
        """The SELECT as an item of FROM, called `q`."""
        return sql.SQL("({}) q").format(self.query)


@dataclass(frozen=True)
class Comparison:
    """Two relations, how their columns are compared, and what matches their rows."""

    name: str
    left: Relation
    right: Relation
    columns: tuple[Equality, ...]
    """All columns in order, the key's among them."""
    key: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[Equality, ...]:
        """How the key's columns are compared, in the key's order."""
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in self.key)

    @property
    def values(self) -> tuple[Equality, ...]:
        """The columns that are not part of the key."""
        return tuple(column for column in self.columns if column.name not in self.key)


def column_of(name: str, alias: str = "q") -> sql.Composable:
    """Give a column, quoted."""
    return sql.Identifier(alias, name)


def hash_of(expressions: Sequence[sql.Composable], seed: int = 0) -> sql.Composable:
    """Give a 64-bit hash of a row of expressions: the same on every server for the same values."""
    return sql.SQL("hash_record_extended(ROW({}), {})").format(
        sql.SQL(", ").join(expressions), sql.Literal(seed)
    )


def key_hash(columns: Sequence[Equality], alias: str = "q") -> sql.Composable:
    """Give the hash of the key."""
    return hash_of([column.keyed(column_of(column.name, alias)) for column in columns])


def row_hash(columns: Sequence[Equality], alias: str = "q") -> sql.Composable:
    """Give the hash of a row's values, such that hashes of several rows can be added up.

    PostgreSQL's hash of a row is a weighted sum of its columns' hashes: added up over rows, it would stay the
    same when two rows exchange a value. So it is hashed once more, as bytes.
    """
    once = hash_of([column.hashed(column_of(column.name, alias)) for column in columns])
    return hash_of([sql.SQL("int8send({})").format(once)])
