"""The pipeline's SQL, by name, and the one way in which its steps open a transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions

HERE = Path(__file__).parent

Connection = psycopg2.extensions.connection
Cursor = psycopg2.extensions.cursor


_PART = re.compile(r"\{(\w+)\}")


@cache
def statement(name: str) -> str:
    """Give the text of `sql/NAME.sql`; `{other}` in it stands for the text of `sql/OTHER.sql`."""
    text = (HERE / "sql" / f"{name}.sql").read_text()
    return _PART.sub(lambda found: statement(found[1]), text)


@contextmanager
def transaction(connection: Connection, *, read_only: bool = False) -> Iterator[Cursor]:
    """Give a cursor in a transaction of its own: committed at the end, rolled back if anything is raised.

    A step owns its connection: what was left open on it before is rolled back. The isolation is
    READ COMMITTED, as in the original job, whatever the connection's default is.
    """
    connection.rollback()
    before, connection.autocommit = connection.autocommit, False
    access = "READ ONLY" if read_only else "READ WRITE"
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED, {access}")
            yield cursor
        connection.commit()
    except BaseException:
        # Where the server is gone there is nothing to roll back, and the first error is the one to tell.
        with suppress(psycopg2.Error):
            connection.rollback()
        raise
    finally:
        if not connection.closed:
            connection.autocommit = before


def only_row(cursor: Cursor) -> tuple[Any, ...]:
    """Give the row of a query that always has exactly one."""
    row = cursor.fetchone()
    if row is None:
        raise RuntimeError("a query that always gives one row gave none")
    return row
