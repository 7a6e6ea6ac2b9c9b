"""A connection that a test looks over the shoulder of, to break it off or hold it up at a given statement."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import psycopg2

from engines.databases import connected
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import worlds

Look = Callable[[int, str], None]
"""Called before each statement with its number, counted from 1, and its text."""


def watched(connection: Connection, look: Look) -> Connection:
    """Give the connection with `look` called before each statement."""
    return cast(Connection, _Watched(connection, look))


def breaking(connection: Connection, number: int) -> Connection:
    """Give the connection as one that is lost at the statement with this number."""

    def look(at: int, _statement: str) -> None:
        if at == number:
            raise psycopg2.OperationalError("the connection was lost")

    return watched(connection, look)


class _Watched:
    def __init__(self, connection: Connection, look: Look) -> None:
        self._connection = connection
        self._look = look
        self._number = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @property
    def autocommit(self) -> bool:
        return self._connection.autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self._connection.autocommit = value

    def cursor(self) -> _WatchedCursor:
        return _WatchedCursor(self, self._connection.cursor())

    def looked(self, statement: str) -> None:
        self._number += 1
        self._look(self._number, statement)


class _WatchedCursor:
    def __init__(self, owner: _Watched, cursor: Any) -> None:
        self._owner = owner
        self._cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __enter__(self) -> _WatchedCursor:
        return self

    def __exit__(self, *error: Any) -> None:
        self._cursor.close()

    def execute(self, statement: Any, *values: Any) -> None:
        self._owner.looked(str(statement))
        self._cursor.execute(statement, *values)


class Held:
    """A run of ours in a thread, held up before the first statement that holds some text."""

    def __init__(self, url: str, text: str) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._url, self._text = url, text

    def run(self) -> dict[str, Any]:
        def look(_number: int, statement: str) -> None:
            if self._text in statement and not self.reached.is_set():
                self.reached.set()
                assert self.go_on.wait(60)

        with connected(self._url) as connection:
            return worlds.run(watched(connection, look), variant="incremental")
