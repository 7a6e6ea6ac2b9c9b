"""What PostgreSQL's catalogs say about the types of a relation's columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg2 import sql

from comparison.tables.sides import Side

Declared = tuple[str, tuple[str, str] | None, bool, bool]
"""Type as declared, collation, whether that is loose, whether the column is NOT NULL."""

_FACTS = Path(__file__).with_name("types.sql").read_text()


@dataclass(frozen=True)
class Type:
    """A type, and the types that it is made of."""

    oid: int
    name: str
    """As PostgreSQL writes it, such as `timestamp with time zone`."""
    schema: str
    typname: str
    sort: str
    """pg_type.typtype: b base, c composite, d domain, e enum, p pseudo, r range, m multirange."""
    hashes: bool
    """Whether its own `=` has a 64-bit hash function to go with it."""
    compares: bool
    """Whether it has an `=` that sorting or hashing relies on."""
    parts: tuple[Type, ...] = ()
    """Element of an array, base of a domain, bound of a range, fields of a composite."""
    is_array: bool = False

    @property
    def plain(self) -> str:
        """The type's own name, a domain's base type at the bottom."""
        return self.parts[0].plain if self.sort == "d" else self.typname

    @property
    def identifier(self) -> sql.Identifier:
        """The name to cast to: with its schema, so that no default length (bit, character) comes in."""
        return sql.Identifier(self.schema, self.typname)

    def leaves(self) -> Iterator[Type]:
        """Give the types at the bottom: itself, unless it is made of others."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Column:
    """A column of a relation."""

    name: str
    type: Type
    shown: str
    """The type with length or scale, as a user declared it."""
    table_oid: int | None = None
    table_column: int | None = None
    collation: tuple[str, str] | None = None
    """Schema and name of the column's collation, None where that is not known or there is none."""
    loose: bool = False
    """Whether the collation calls strings equal that are not the same to the letter."""
    not_null: bool = False


def describe(side: Side, relation: sql.Composable) -> tuple[Column, ...]:
    """Give the columns of a SELECT, in order."""
    query = sql.SQL("SELECT * FROM ({}) q LIMIT 0").format(relation)
    with side.explained(), side.connection.cursor() as cursor:
        cursor.execute(query)
        described = cursor.description or ()
    types = types_of(side, {column.type_code for column in described})
    declared = _declared(side, {column.table_oid for column in described if column.table_oid})
    columns = []
    for column in described:
        kind = types[column.type_code]
        place = (column.table_oid or 0, column.table_column or 0)
        made = Column(column.name, kind, kind.name, column.table_oid, column.table_column)
        if place in declared:
            shown, collation, loose, not_null = declared[place]
            made = replace(made, shown=shown, collation=collation, loose=loose, not_null=not_null)
        columns.append(made)
    return tuple(columns)


def types_of(side: Side, oids: Iterable[int]) -> dict[int, Type]:
    """Look types up, and whatever they are made of."""
    facts: dict[int, tuple[object, ...]] = {}
    wanted = set(oids)
    while wanted:
        with side.explained(), side.connection.cursor() as cursor:
            cursor.execute(_FACTS, {"oids": list(wanted)})
            found = {row[0]: row for row in cursor.fetchall()}
        facts |= found
        wanted = {part for row in found.values() for part in _parts(row)} - set(facts)
    return {oid: _built(oid, facts) for oid in facts}


def _parts(row: tuple[object, ...]) -> list[int]:
    element, base, subtype, fields = row[5], row[6], row[7], row[10]
    assert isinstance(fields, list)  # noqa: S101
    return [int(str(oid)) for oid in (element, base, subtype, *fields) if oid]


def _built(oid: int, facts: dict[int, tuple[object, ...]]) -> Type:
    row = facts[oid]
    return Type(
        oid=oid,
        name=str(row[1]),
        schema=str(row[2]),
        typname=str(row[3]),
        sort=str(row[4]),
        hashes=bool(row[8]),
        compares=bool(row[9]),
        parts=tuple(_built(part, facts) for part in _parts(row)),
        is_array=bool(row[5]),
    )


def _declared(side: Side, tables: set[int]) -> dict[tuple[int, int], Declared]:
    """Give type as declared, collation and NOT NULL by table and column number."""
    if not tables:
        return {}
    rows = side.rows(
        sql.SQL(
            "SELECT a.attrelid::bigint, a.attnum::int, format_type(a.atttypid, a.atttypmod),"
            " n.nspname::text, c.collname::text, NOT coalesce(c.collisdeterministic, true), a.attnotnull"
            " FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation"
            " LEFT JOIN pg_namespace n ON n.oid = c.collnamespace"
            " WHERE a.attrelid = ANY ({}::oid[]) AND a.attnum > 0"
        ).format(sql.Literal(sorted(tables)))
    )
    return {
        (int(table), int(number)): (shown, (schema, name) if name else None, loose, not_null)
        for table, number, shown, schema, name, loose, not_null in rows
    }
