"""Reads the rows of one side: a DuckDB, Parquet or CSV file, a SQLite file, or a PostgreSQL database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from psycopg2 import sql

from comparison.tables.sides import Side, SideName, open_side
from comparison.tables.tables import Table, list_tables
from comparison.tables.types import describe
from pipelines.errors import CannotProceedError

if TYPE_CHECKING:
    import duckdb

BATCH = 2000
_SQLITE = (".sqlite", ".sqlite3", ".db")
_DUCKDB = (".duckdb", ".ddb")
_SCANS = {".csv": "read_csv(?, all_varchar = true)", ".tsv": "read_csv(?, all_varchar = true)",
          ".parquet": "read_parquet(?)", ".pq": "read_parquet(?)"}  # fmt: skip


class Reader(Protocol):
    """One side, whatever it is."""

    @property
    def name(self) -> SideName: ...
    @property
    def url(self) -> str: ...

    def tables(self) -> tuple[Table, ...]:
        """List what can be compared."""
        ...

    def columns(self, table: Table) -> tuple[tuple[str, str], ...]:
        """Give name and declared type of each column, in order."""
        ...

    def rows(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Give all rows; a batch at a time is in memory."""
        ...


@contextmanager
def open_reader(
    name: SideName, place: str, url: str | None, statement_timeout_seconds: float
) -> Iterator[Reader]:
    """Open a side for reading only. `url` is that of a PostgreSQL database, None for a file.

    Raises CannotProceedError if it is not there or not what its name says.
    """
    if url is not None:
        with open_side(name, url, statement_timeout_seconds=statement_timeout_seconds) as side:
            yield PostgresReader(side)
        return
    path = _path(place)
    suffix = path.suffix.lower()
    if suffix in _SQLITE:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("BEGIN")
            yield SqliteReader(name, str(path), connection)
    elif suffix in _DUCKDB or suffix in _SCANS:
        import duckdb

        try:
            opened = duckdb.connect(
                ":memory:" if suffix in _SCANS else str(path), read_only=suffix in _DUCKDB
            )
        except duckdb.Error as error:
            raise CannotProceedError(f"{path} cannot be read: {_first_line(error)}.") from None
        with closing(opened) as opened:
            opened.execute("SET memory_limit = '256MB'")
            opened.execute("SET threads = 2")
            yield DuckReader(name, str(path), opened, _SCANS.get(suffix), path.stem)
    else:
        raise CannotProceedError(
            f"{path}: the name must end with one of {', '.join((*_DUCKDB, *_SQLITE, *_SCANS))}."
        )


def _path(place: str) -> Path:
    for scheme in ("duckdb://", "sqlite://", "file://"):
        if place.startswith(scheme):
            place = unquote(place.removeprefix(scheme).removeprefix("/"))
    path = Path(place).expanduser().absolute()
    if not path.is_file():
        raise CannotProceedError(f"{path} does not exist. A side is a URL, a service name or a file.")
    return path


@dataclass(frozen=True)
class PostgresReader:
    """PostgreSQL: values come as text."""

    side: Side

    @property
    def name(self) -> SideName:
        return self.side.name

    @property
    def url(self) -> str:
        return self.side.url

    def tables(self) -> tuple[Table, ...]:
        return list_tables(self.side)

    def columns(self, table: Table) -> tuple[tuple[str, str], ...]:
        query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table.schema, table.name))
        return tuple((column.name, column.shown) for column in describe(self.side, query))

    def rows(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        types = dict(self.columns(table))
        names = [_sent(name, types[name]) for name in columns]
        yield from self.side.stream(
            sql.SQL("SELECT {} FROM {}").format(
                sql.SQL(", ").join(names), sql.Identifier(table.schema, table.name)
            ),
            BATCH,
        )


def _sent(name: str, declared: str) -> sql.Composable:
    """Arrays and composites go as JSON, the form that the other systems' lists and structs have too."""
    column = sql.Identifier(name)
    if declared.endswith("]"):
        return sql.SQL("to_json({})::text").format(column)
    if declared == "money":
        return sql.SQL("{}::numeric::text").format(column)
    return sql.SQL("{}::text").format(column)


@dataclass(frozen=True)
class SqliteReader:
    """SQLite: a value has its own type, whatever the column's."""

    name: SideName
    url: str
    connection: sqlite3.Connection

    def tables(self) -> tuple[Table, ...]:
        with self._explained():
            found = self.connection.execute(
                "SELECT name, type FROM sqlite_master"
                " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
            ).fetchall()
            return tuple(Table("main", name, kind == "table", self._key(name)) for name, kind in found)

    def columns(self, table: Table) -> tuple[tuple[str, str], ...]:
        with self._explained():
            rows = self.connection.execute(
                "SELECT name, type FROM pragma_table_info(?) ORDER BY cid", (table.name,)
            )
            return tuple((name, declared) for name, declared in rows)

    def rows(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        names = ", ".join(map(quoted, columns))
        with self._explained():
            yield from self.connection.execute(f"SELECT {names} FROM {quoted(table.name)}")  # noqa: S608

    def _key(self, table: str) -> tuple[str, ...]:
        rows = self.connection.execute(
            "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (table,)
        )
        return tuple(name for (name,) in rows)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise CannotProceedError(f"{self.url} cannot be read: {error}.") from None


@dataclass(frozen=True)
class DuckReader:
    """DuckDB, and the Parquet and CSV files that it reads: values come as text."""

    name: SideName
    url: str
    connection: duckdb.DuckDBPyConnection
    scan: str | None
    """The table function for a file that is one table."""
    stem: str

    def tables(self) -> tuple[Table, ...]:
        if self.scan is not None:
            return (Table("", self.stem),)
        rows = self._all(
            "SELECT t.schema_name, t.table_name, coalesce(c.constraint_column_names, []), t.estimated_size"
            " FROM duckdb_tables() t LEFT JOIN duckdb_constraints() c"
            " ON c.table_oid = t.table_oid AND c.constraint_type = 'PRIMARY KEY'"
            " WHERE NOT t.internal ORDER BY 1, 2"
        )
        return tuple(Table(schema, name, True, tuple(key), size or 0) for schema, name, key, size in rows)

    def columns(self, table: Table) -> tuple[tuple[str, str], ...]:
        described = self._all(f"DESCRIBE SELECT * FROM {self._source(table)}", self._parameters())  # noqa: S608
        untyped = self.scan is not None and self.scan.startswith("read_csv")
        return tuple((row[0], "any" if untyped else row[1]) for row in described)

    def rows(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        types = dict(self.columns(table))
        names = ", ".join(_read_by_duckdb(quoted(name), types[name]) for name in columns)
        import duckdb

        try:
            done = self.connection.execute(f"SELECT {names} FROM {self._source(table)}", self._parameters())  # noqa: S608
            while batch := done.fetchmany(BATCH):
                yield from batch
        except duckdb.Error as error:
            raise CannotProceedError(f"{self.url} cannot be read: {_first_line(error)}.") from None

    def _source(self, table: Table) -> str:
        return self.scan or f"{quoted(table.schema)}.{quoted(table.name)}"

    def _parameters(self) -> list[str]:
        return [self.url] if self.scan else []

    def _all(self, query: str, parameters: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        import duckdb

        try:
            return self.connection.execute(query, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise CannotProceedError(f"{self.url} cannot be read: {_first_line(error)}.") from None


def _read_by_duckdb(column: str, declared: str) -> str:
    name = declared.upper()
    if name == "BLOB":
        return f"'\\x' || lower(hex({column}))"
    if name.endswith("]") or name.startswith(("STRUCT", "MAP")):
        return f"to_json({column})::VARCHAR"
    if name == "TIMESTAMP WITH TIME ZONE":
        # As a number of microseconds: its text depends on the session's zone.
        return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%d %H:%M:%S.%f+00:00')"
    return f"{column}::VARCHAR"


def quoted(name: str) -> str:
    """Quote an identifier for SQLite and DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
