"""One side of a comparison: a PostgreSQL database, read in one snapshot and never written to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from engines.databases import connected
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

SideName = Literal["left", "right"]
Answer = TypeVar("Answer")
_CURSORS = itertools.count(1)
"""Numbers server-side cursors: two streams of one side must not share a name."""
MINIMUM_VERSION = 140000
"""hash_record_extended() came with PostgreSQL 14."""

# The text of a value must be the same on both sides wherever the value is.
_SETTINGS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "xmloption": "content",
    "client_encoding": "UTF8",
    "cursor_tuple_fraction": "1.0",
    "work_mem": "64MB",
    # A policy that hides rows makes the query fail, instead of hiding differences.
    "row_security": "off",
}


@dataclass(frozen=True)
class Side:
    """A connection inside its one read-only transaction.

    Queries run in a thread of the side's own: the two sides work at the same time, the next rows are fetched
    while the last are looked at, and Ctrl-C is noticed at once.
    """

    name: SideName
    url: str
    """Masked, fit to be shown."""
    connection: Connection
    worker: ThreadPoolExecutor

    def rows(self, query: sql.Composable) -> list[tuple[Any, ...]]:
        """Run a query whose answer is small; give all of it."""
        return self.result(self.begin(query))

    def begin(self, query: sql.Composable) -> Future[list[tuple[Any, ...]]]:
        """Start a query whose answer is small; `result` gives it."""

        def run() -> list[tuple[Any, ...]]:
            with self.connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []

        return self.worker.submit(run)

    def result(self, begun: Future[Answer]) -> Answer:
        """Wait for what the side's thread does; on Ctrl-C cancel what the server is doing.

        Raises CannotProceedError, in a sentence, where the server refuses.
        """
        with self.explained():
            try:
                return begun.result()
            except (KeyboardInterrupt, SystemExit):
                self.cancel()
                raise

    def stream(self, query: sql.Composable, batch: int = 2000) -> Iterator[tuple[Any, ...]]:
        """Start a query whose answer may be long; at most two batches of it are in memory at a time."""
        cursor = self.connection.cursor(name=f"replant_{next(_CURSORS)}")

        def first() -> list[tuple[Any, ...]]:
            cursor.execute(query)
            return cursor.fetchmany(batch)

        return self._fetched(cursor, self.worker.submit(first), batch)

    def _fetched(
        self, cursor: Cursor, begun: Future[list[tuple[Any, ...]]], batch: int
    ) -> Iterator[tuple[Any, ...]]:
        try:
            while rows := self.result(begun):
                begun = self.worker.submit(cursor.fetchmany, batch)
                yield from rows
        finally:
            with suppress(psycopg2.Error):
                self.worker.submit(cursor.close).result()

    def cancel(self) -> None:
        """Ask the server to end the running query."""
        with suppress(psycopg2.Error):
            self.connection.cancel()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the server's errors into a sentence."""
        try:
            yield
        except psycopg2.errors.QueryCanceled as error:
            raise CannotProceedError(
                f"The {self.name} server ended the query: {_words(error)}. Allow more time with "
                "--statement-timeout, or compare fewer tables at once."
            ) from None
        except psycopg2.errors.InsufficientPrivilege as error:
            raise CannotProceedError(
                f"The {self.name} database does not let this role read: {_words(error)}. Grant SELECT."
            ) from None
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            raise CannotProceedError(
                f"The connection to the {self.name} database {self.url} failed: {_words(error)}. "
                "Check that the server runs, then start the comparison again."
            ) from None
        except psycopg2.Error as error:
            raise CannotProceedError(f"The {self.name} database refused a query: {_words(error)}.") from None


@contextmanager
def open_side(name: SideName, url: str, *, statement_timeout_seconds: float = 0.0) -> Iterator[Side]:
    """Connect, and take the snapshot that all reading of this side happens in.

    Raises CannotProceedError if the server cannot be reached or is too old.
    """
    with connected(url) as connection:
        if connection.server_version < MINIMUM_VERSION:
            raise CannotProceedError(
                f"The {name} server is PostgreSQL {connection.server_version // 10000}; "
                "comparing needs version 14 or newer."
            )
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        settings = _SETTINGS | {"statement_timeout": str(int(statement_timeout_seconds * 1000))}
        with ThreadPoolExecutor(1, thread_name_prefix=name) as worker:
            side = Side(name, mask(url), connection, worker)
            try:
                for setting, value in settings.items():
                    side.rows(
                        sql.SQL("SELECT set_config({}, {}, true)").format(
                            sql.Literal(setting), sql.Literal(value)
                        )
                    )
                yield side
            except BaseException:
                side.cancel()  # or leaving would wait for the query to end
                raise


@contextmanager
def attempt(sides: Sequence[Side]) -> Iterator[None]:
    """Let one table fail without ending the sides' transactions: the snapshots stay as they are."""
    for side in sides:
        side.rows(sql.SQL("SAVEPOINT one_table"))
    try:
        yield
    except BaseException:
        for side in sides:
            side.cancel()  # one side may have failed while the other still works
        raise
    finally:
        for side in sides:
            _take_back(side)


def _take_back(side: Side) -> None:
    statement = sql.SQL("ROLLBACK TO SAVEPOINT one_table; RELEASE SAVEPOINT one_table")
    for _ in range(2):  # a cancellation that came late may hit the first
        if side.connection.closed:
            return
        with suppress(CannotProceedError):
            side.rows(statement)
            return


def _words(error: psycopg2.Error) -> str:
    return mask((error.diag.message_primary or str(error)).strip().rstrip("."))
