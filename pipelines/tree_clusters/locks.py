"""One run at a time, and nobody else writing meanwhile: transactions of the variant `incremental`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from psycopg2 import errors, sql

from pipelines.errors import CannotProceedError
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection, Cursor, transaction

logger = logging.getLogger(__name__)

LOCK = (0x7265706C, 1)
"""The advisory lock of all steps; the first number is "repl"."""
RETRIES = 5
NOTHING_CHANGED = "This step has changed nothing; what is left is done by the next run."
Result = TypeVar("Result")


class AlreadyRunningError(CannotProceedError):
    """Another run holds the lock, or another job a table or rows, for longer than this one may wait."""


class TooSlowError(CannotProceedError):
    """A statement took longer than it may."""


def retried(work: Callable[[], Result]) -> Result:
    """Do one transaction's work, again if PostgreSQL broke it off for another's sake.

    The transaction is rolled back then, so that doing it again is safe.
    """
    for number in range(1, RETRIES + 1):
        try:
            return work()
        except (errors.DeadlockDetected, errors.SerializationFailure) as error:
            if number == RETRIES:
                raise
            logger.warning("trying again after %s", type(error).__name__)
            time.sleep(0.1 * 2**number)
    raise AssertionError("not reached")


@contextmanager
def limited(
    connection: Connection, settings: TreeClusterSettings, *, read_only: bool = False
) -> Iterator[Cursor]:
    """Give a cursor in a transaction whose statements end, and whose waiting ends, as the settings say.

    Raises AlreadyRunningError or TooSlowError if they were broken off for that.
    """
    with transaction(connection, read_only=read_only) as cursor:
        for name, seconds in (
            ("lock_timeout", settings.lock_seconds),
            ("statement_timeout", settings.statement_seconds),
        ):
            cursor.execute("SELECT set_config(%s, %s, true)", (name, f"{round(seconds * 1000)}ms"))
        try:
            yield cursor
        except errors.LockNotAvailable:
            raise _already_running(
                "Another session holds rows or a table that this run needs", settings
            ) from None
        except errors.QueryCanceled as error:
            raise TooSlowError(
                f"A statement was broken off, after statement_seconds ({settings.statement_seconds:g} s) or "
                f"by an administrator: {str(error).strip().splitlines()[0]}. {NOTHING_CHANGED}"
            ) from None


@contextmanager
def exclusive(
    connection: Connection, settings: TreeClusterSettings, *tables: str, shared: bool = False
) -> Iterator[Cursor]:
    """Give a cursor in a transaction that holds the advisory lock and keeps writers off `tables`.

    `shared` lets several such transactions run side by side, but no other step. A dry run takes no lock.

    Raises AlreadyRunningError if a lock cannot be had within `settings.lock_seconds`.
    """
    with limited(connection, settings) as cursor:
        # Compiling costs more here than it saves: many short statements with estimates far too high.
        cursor.execute("SET LOCAL jit = off")
        # Lets the trigger of upgrade.sql tell ours from the original job's writes.
        cursor.execute("SELECT set_config('replant.tree_clusters', 'writes', true)")
        if not settings.dry_run:
            _lock(cursor, settings, tables, shared)
        yield cursor


def _lock(cursor: Cursor, settings: TreeClusterSettings, tables: tuple[str, ...], shared: bool) -> None:
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    try:
        cursor.execute(f"SELECT {function}(%s, %s)", LOCK)
    except errors.LockNotAvailable:
        raise _already_running("Another run of tree_clusters is already running", settings) from None
    for table in tables:
        try:
            cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.Identifier(table)))
        except errors.LockNotAvailable:
            raise _already_running(
                f"Another job that writes to {table} is already running", settings
            ) from None


def _already_running(what: str, settings: TreeClusterSettings) -> AlreadyRunningError:
    return AlreadyRunningError(
        f"{what}: it did not end within {settings.lock_seconds:g} s. {NOTHING_CHANGED}"
    )
