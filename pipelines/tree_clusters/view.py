"""The step refresh_view of the variant `incremental`: active_tree_region is a table that is kept in step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2 import errors, sql

from pipelines.catalog import StepResult
from pipelines.tree_clusters import assignment
from pipelines.tree_clusters.statements import Cursor, only_row, statement

VIEW = "active_tree_region"
READERS_SECONDS = 2.0
"""How long a first load waits for those who read the empty table, before it keeps the indexes after all."""


def follow(cursor: Cursor, *, everything: bool) -> StepResult:
    """Bring the table up to date with what is due, or with `everything`: `{"refreshed": bool, ...}`."""
    cursor.execute(statement("incremental_take_view"))
    cursor.execute(
        "SELECT count(*) = 0,"
        " coalesce(bool_or(tree_id IS NULL AND tree_region_id IS NULL AND region_id IS NULL), false)"
        " FROM due"
    )
    nothing, marked = only_row(cursor)
    if nothing:
        return {"refreshed": False, "reason": assignment.NOTHING}
    cursor.execute("SELECT NOT EXISTS (SELECT FROM active_tree_region)")
    if only_row(cursor)[0]:
        return {"refreshed": True, "deleted": 0, "written": _fill(cursor), "updated": 0}
    cursor.execute("ANALYZE due")
    everything = everything or marked
    part = "incremental_view_everything" if everything else "incremental_view_trees"
    assignment.search(cursor, not everything, part, "due, shown")
    assignment.search(cursor, not everything, "incremental_view_regions", "shown_region")
    result: dict[str, Any] = {"refreshed": True, "deleted": 0, "written": 0, "updated": 0}
    for name, part in (
        ("deleted", "incremental_view_delete"),
        ("written", "incremental_view_insert"),
        ("written", "incremental_view_add"),
        ("updated", "incremental_view_update"),
    ):
        cursor.execute(statement(part))
        result[name] += cursor.rowcount
    return result


def _fill(cursor: Cursor) -> int:
    """Fill the empty table; give the number of rows."""
    assignment.search(cursor, True, "incremental_view_all_regions", "shown_region")
    with _indexes_built_afterwards(cursor):
        cursor.execute(statement("incremental_view_fill"))
        return cursor.rowcount


@contextmanager
def _indexes_built_afterwards(cursor: Cursor) -> Iterator[None]:
    """Take the empty table's indexes away and build them again, quicker than keeping them up to date.

    Nobody can read the table meanwhile. If somebody is reading it already, and goes on, the indexes stay.
    """
    cursor.execute(statement("view_indexes"), (VIEW,))
    indexes = cursor.fetchall()
    if indexes and not _have_to_ourselves(cursor):
        indexes = []
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)


def _have_to_ourselves(cursor: Cursor) -> bool:
    """Keep even readers off the table, unless some are there and stay."""
    cursor.execute("SHOW lock_timeout")
    waiting = only_row(cursor)[0]
    cursor.execute("SAVEPOINT before_lock")
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", (f"{round(READERS_SECONDS * 1000)}ms",))
    try:
        cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(VIEW)))
    except errors.LockNotAvailable:
        cursor.execute("ROLLBACK TO SAVEPOINT before_lock")  # the time-out goes back as well
        return False
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", (waiting,))
    return True
