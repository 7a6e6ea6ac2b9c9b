"""The tables of a database, and which of the left go with which of the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from psycopg2 import sql

from comparison.tables.sides import Side
from pipelines.errors import CannotProceedError

_LISTING = sql.SQL(Path(__file__).with_name("listing.sql").read_text())
_TABLES = ("r", "p")
DEFAULT_SCHEMAS = ("public", "main")


@dataclass(frozen=True)
class Table:
    """A table, view or file of one side."""

    schema: str
    name: str
    is_table: bool = True
    """Whether it is compared unasked; views are compared only if they are named."""
    key: tuple[str, ...] = ()
    """Columns of the primary key."""
    estimate: int = 0
    """Rows, as the server estimates them."""
    pages: int = 0
    """Blocks on the server's disk, where all rows are in them."""

    @property
    def shown(self) -> str:
        """The name as a user would write it."""
        return self.name if self.schema in (*DEFAULT_SCHEMAS, "") else f"{self.schema}.{self.name}"


class Named(Protocol):
    """Anything with the side's name and address."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...


@dataclass(frozen=True)
class Wanted:
    """A table to compare, as the user names it on either side."""

    left: str
    right: str


@dataclass(frozen=True)
class TablePair:
    """A table of the left and its counterpart; one of them may be missing."""

    name: str
    left: Table | None
    right: Table | None

    @property
    def estimate(self) -> int:
        """Rows of the larger side, as the servers estimate them."""
        return max(table.estimate if table else 0 for table in (self.left, self.right))


def list_tables(side: Side) -> tuple[Table, ...]:
    """List what can be compared in a PostgreSQL database."""
    return tuple(
        Table(schema, name, kind in _TABLES, tuple(key), int(estimate), int(pages))
        for schema, name, kind, key, estimate, pages in side.rows(_LISTING)
    )


def pair_tables(
    left: Sequence[Table], right: Sequence[Table], sides: tuple[Named, Named], wanted: Sequence[Wanted]
) -> tuple[TablePair, ...]:
    """Pair the tables by schema and name, or as wanted.

    Raises CannotProceedError if a wanted table is on neither side, or if there is nothing to compare.
    """
    if wanted:
        return tuple(_wanted_pair(left, right, sides, names) for names in wanted)
    first = {table.shown: table for table in left if table.is_table}
    second = {table.shown: table for table in right if table.is_table}
    if len(first) == len(second) == 1 and "" in {t.schema for t in (*left, *right)}:
        # A file is one table, whatever it is called.
        [one], [other] = first.values(), second.values()
        return (TablePair(one.shown, one, other),)
    pairs = tuple(
        TablePair(name, first.get(name), second.get(name)) for name in dict.fromkeys((*first, *second))
    )
    if not pairs:
        raise CannotProceedError(
            f"Neither {sides[0].url} nor {sides[1].url} has a table that can be compared. "
            "Name views with --table."
        )
    return pairs


def _wanted_pair(
    left: Sequence[Table], right: Sequence[Table], sides: tuple[Named, Named], names: Wanted
) -> TablePair:
    first, second = _find(left, names.left), _find(right, names.right)
    name = names.left if names.left == names.right else f"{names.left}={names.right}"
    if first is None and second is None:
        raise CannotProceedError(
            f"--table {name}: there is no such table in {sides[0].url} or {sides[1].url}. "
            f"The left side has: {', '.join(table.shown for table in left) or 'none'}."
        )
    return TablePair(name, first, second)


def _find(tables: Sequence[Table], name: str) -> Table | None:
    """Find by `schema.name` or by name; the default schema goes first. A single file takes any name."""
    found = [table for table in tables if name in (f"{table.schema}.{table.name}", table.name)]
    found.sort(key=lambda table: table.schema not in DEFAULT_SCHEMAS)
    if not found and len(tables) == 1 and not tables[0].schema:
        return tables[0]
    if len(found) > 1 and found[0].schema not in DEFAULT_SCHEMAS:
        raise CannotProceedError(
            f"--table {name}: there are several: {', '.join(table.shown for table in found)}. "
            "Write the schema before the name."
        )
    return found[0] if found else None
