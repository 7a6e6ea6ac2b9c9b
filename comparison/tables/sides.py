"""One side of a comparison: a PostgreSQL database, read in one snapshot and never written to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from engines.databases import connected
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

SideName = Literal["left", "right"]
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
    "quote_all_identifiers": "off",
}


@dataclass(frozen=True)
class Side:
    """A connection inside its one read-only transaction."""

    name: SideName
    url: str
    """Masked, fit to be shown."""
    connection: Connection

    def rows(self, query: sql.Composable) -> list[tuple[Any, ...]]:
        """Run a query whose answer is small; give all of it."""
        with self.explained(), self.connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def stream(self, query: sql.Composable, batch: int = 2000) -> Iterator[tuple[Any, ...]]:
        """Run a query whose answer may be long; `batch` rows are in memory at a time."""
        with self.explained(), self.connection.cursor(name=f"replant_{id(object()):x}") as cursor:
            cursor.itersize = batch
            cursor.execute(query)
            yield from cursor

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the server's errors into a sentence; on Ctrl-C cancel what the server is doing."""
        try:
            yield
        except KeyboardInterrupt:
            with suppress(psycopg2.Error):
                self.connection.cancel()
            raise
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
        side = Side(name, mask(url), connection)
        settings = _SETTINGS | {"statement_timeout": str(int(statement_timeout_seconds * 1000))}
        with side.explained(), connection.cursor() as cursor:
            for setting, value in settings.items():
                cursor.execute("SELECT set_config(%s, %s, true)", (setting, value))
        # A sub-transaction may fail and be taken back without losing the snapshot.
        yield side


@contextmanager
def attempt(sides: Sequence[Side]) -> Iterator[None]:
    """Let one table fail without ending the sides' transactions: the snapshots stay as they are."""
    for side in sides:
        with side.explained(), side.connection.cursor() as cursor:
            cursor.execute("SAVEPOINT one_table")
    try:
        yield
    finally:
        for side in sides:
            if not side.connection.closed:
                with suppress(psycopg2.Error), side.connection.cursor() as cursor:
                    cursor.execute("ROLLBACK TO SAVEPOINT one_table; RELEASE SAVEPOINT one_table")


def _words(error: psycopg2.Error) -> str:
    return mask((error.diag.message_primary or str(error)).strip().rstrip("."))
