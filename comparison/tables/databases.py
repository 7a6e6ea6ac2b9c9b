"""All tables of two databases, one by one; a table that cannot be compared does not stop the rest."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Protocol

from psycopg2 import sql

from comparison.tables.compare import compare_relations
from comparison.tables.records import KeyNotUniqueError, OutputDifference
from comparison.tables.relation import Relation
from comparison.tables.sides import Side, attempt, open_side
from comparison.tables.tables import Table, TablePair, Wanted, list_tables, pair_tables
from comparison.tables.tolerance import Tolerance
from comparison.tables.types import describe
from pipelines.errors import CannotProceedError

KeyColumns = tuple[str, ...]


class Watcher(Protocol):
    """Hears how far a comparison is."""

    def begin(self, number: int, count: int, table: str, estimate: int, total: int) -> None:
        """Hear which table comes, of how many; its estimated rows, and those of all tables."""
        ...

    def advance(self, share: float) -> None:
        """Hear how much of the table is done, 0 to 1, where that can be known."""
        ...


@dataclass(frozen=True)
class DiffOptions:
    """What is compared, and how."""

    tables: tuple[Wanted, ...] = ()
    """Empty: all."""
    keys: Mapping[str, KeyColumns] = field(default_factory=dict)
    """By table; under "" for the tables not named here. An empty key: as multisets."""
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    """By column, or by table.column."""
    ignored: tuple[str, ...] = ()
    """Patterns of columns, or of table.column, that are not compared."""
    sample_limit: int = 20
    statement_timeout_seconds: float = 0.0


@dataclass(frozen=True)
class TableResult:
    """What came of one table: a difference, or why there is none."""

    name: str
    difference: OutputDifference | None = None
    problem: str | None = None
    """Why it could not be compared."""
    only_on: str | None = None
    """`left` or `right`, where the other side lacks the table."""
    repeated_keys: tuple[tuple[str, int], ...] = ()
    """Examples, where the key is not unique: values and how often they are there."""

    @property
    def word(self) -> str:
        """The outcome in a word."""
        if self.only_on:
            return f"only {self.only_on}"
        if self.difference is None:
            return "not comparable"
        return "identical" if self.difference.identical and not self.difference.schema else "different"


@dataclass(frozen=True)
class DatabaseDifference:
    """What came of all of them."""

    left: str
    """Where the sides are, passwords masked."""
    right: str
    tables: tuple[TableResult, ...]
    seconds: float = 0.0


def compare_databases(
    left_url: str, right_url: str, options: DiffOptions, watcher: Watcher
) -> DatabaseDifference:
    """Compare two PostgreSQL databases, each in one snapshot.

    Raises CannotProceedError if a side cannot be read or a wanted table does not exist.
    """
    began = time.monotonic()
    timeout = options.statement_timeout_seconds
    with (
        open_side("left", left_url, statement_timeout_seconds=timeout) as left,
        open_side("right", right_url, statement_timeout_seconds=timeout) as right,
    ):
        pairs = pair_tables(list_tables(left), list_tables(right), (left, right), options.tables)
        results = []
        total = sum(pair.estimate for pair in pairs)
        for number, pair in enumerate(pairs, start=1):
            watcher.begin(number, len(pairs), pair.name, pair.estimate, total)
            results.append(_compare_pair(left, right, pair, options, watcher))
        return DatabaseDifference(left.url, right.url, tuple(results), time.monotonic() - began)


def _compare_pair(
    left: Side, right: Side, pair: TablePair, options: DiffOptions, watcher: Watcher
) -> TableResult:
    if pair.left is None or pair.right is None:
        return TableResult(pair.name, only_on="right" if pair.left is None else "left")
    try:
        with attempt((left, right)):
            first, second = _relation(left, pair.left), _relation(right, pair.right)
            return TableResult(pair.name, _compare_tables(pair, first, second, options, watcher))
    except CannotProceedError as error:
        if left.connection.closed or right.connection.closed:
            raise  # the rest cannot be compared either
        repeated = error.examples if isinstance(error, KeyNotUniqueError) else ()
        return TableResult(pair.name, problem=str(error), repeated_keys=repeated)


def _relation(side: Side, table: Table) -> Relation:
    return Relation(side, sql.SQL("SELECT * FROM {}").format(sql.Identifier(table.schema, table.name)))


def _compare_tables(
    pair: TablePair, left: Relation, right: Relation, options: DiffOptions, watcher: Watcher
) -> OutputDifference:
    assert pair.left is not None and pair.right is not None  # noqa: S101
    columns = [[column.name for column in describe(side.side, side.query)] for side in (left, right)]
    ignored = [
        name
        for name in dict.fromkeys(columns[0] + columns[1])
        if is_ignored(pair.left.name, name, options.ignored)
    ]
    kept = [[name for name in names if name not in ignored] for names in columns]
    key = key_of(pair, options, [name for name in kept[0] if name in kept[1]])
    found = compare_relations(
        pair.name,
        _project(left, pair.left, kept[0]),
        _project(right, pair.right, kept[1]),
        key=key,
        tolerances=tolerances_of(pair.left.name, kept[0], options.tolerances),
        sample_limit=options.sample_limit,
        advance=watcher.advance,
    )
    if not ignored:
        return found
    return replace(found, notes=(*found.notes, f"Not compared, as asked: {', '.join(ignored)}."))


def is_ignored(table: str, column: str, patterns: Sequence[str]) -> bool:
    """Say whether a pattern names the column."""
    return any(fnmatchcase(column, p) or fnmatchcase(f"{table}.{column}", p) for p in patterns)


def tolerances_of(
    table: str, columns: Sequence[str], tolerances: Mapping[str, Tolerance]
) -> dict[str, Tolerance]:
    """Give the tolerances of this table's columns; one that names the table goes first."""
    found = {}
    for column in columns:
        tolerance = tolerances.get(f"{table}.{column}") or tolerances.get(column)
        if tolerance is not None:
            found[column] = tolerance
    return found


def key_of(pair: TablePair, options: DiffOptions, common: Sequence[str]) -> KeyColumns:
    """Give the key: as named, else the primary key of either side if both sides have its columns."""
    assert pair.left is not None and pair.right is not None  # noqa: S101
    for name in (pair.name, pair.left.shown, pair.left.name, ""):
        if name in options.keys:
            return options.keys[name]
    for key in (pair.left.key, pair.right.key):
        if key and set(key) <= set(common):
            return key
    return ()


def _project(relation: Relation, table: Table, columns: Sequence[str]) -> Relation:
    """Read only what is compared."""
    return Relation(
        relation.side,
        sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(sql.Identifier(name) for name in columns),
            sql.Identifier(table.schema, table.name),
        ),
        table.pages,
    )
