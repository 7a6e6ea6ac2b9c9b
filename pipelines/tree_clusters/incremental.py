"""The variant that costs what has changed: right in every case, and safe when two engines are on.

Each step is one transaction under an advisory lock. What a step leaves to the next one is recorded in its own
transaction, so that any later run completes what an earlier one left. On a database that upgrade.sql has not
been run on there is no record of changes: then every run looks at everything, and is right but slower.
"""

from __future__ import annotations

from typing import Any

from psycopg2 import errors, sql

from pipelines.catalog import StepResult
from pipelines.tree_clusters import assignment, clustering, view
from pipelines.tree_clusters.locks import exclusive, limited, retried
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection, Cursor, only_row, statement


def is_upgraded(cursor: Cursor) -> bool:
    """Tell whether upgrade.sql has been run on this database."""
    cursor.execute("SELECT to_regclass('tree_clusters_kept') IS NOT NULL")
    return bool(only_row(cursor)[0])


def count_new_trees(connection: Connection, settings: TreeClusterSettings) -> StepResult:
    """Count what is pending: `{"new_trees": int, ...}`."""
    with limited(connection, settings, read_only=True) as cursor:
        cursor.execute(statement("count_new_trees"))
        result: dict[str, Any] = {"new_trees": only_row(cursor)[0]}
        if not is_upgraded(cursor):
            return result | {"schema": "original: every tree is looked at"}
        cursor.execute(statement("incremental_count_changes"))
        trees, regions, everything = only_row(cursor)
        result |= {"changed_trees": trees, "changed_regions": regions}
        return result if everything is None else result | {"look_again": everything}


def plan_chunks(connection: Connection, settings: TreeClusterSettings) -> list[list[int]]:
    """Split the trees to look at into ranges of ids, `[first, last]`, of `settings.chunk_trees` trees each.

    Those are the new trees, or all trees where everything must be looked at again: that is then recorded
    range by range, so that what a killed run has done need not be done again. Empty where one chunk is
    enough. Assumes an upgraded database.
    """
    with limited(connection, settings, read_only=True) as cursor:
        marked = assignment.everything_is_marked(cursor)
        cursor.execute("SELECT first_id, last_id FROM tree_clusters_look_again ORDER BY first_id")
        ranges = cursor.fetchall()
        cursor.execute(statement("incremental_plan_chunks"), (settings.chunk_trees,))
        new = cursor.fetchall()

    def split_everything() -> list[tuple[int, int]]:
        with exclusive(connection, settings) as cursor:
            cursor.execute(statement("incremental_plan_again"), (settings.chunk_trees,))
            cursor.execute("SELECT first_id, last_id FROM tree_clusters_look_again ORDER BY first_id")
            return cursor.fetchall()

    if marked:
        ranges = retried(split_everything)
    chunks = [list(chunk) for chunk in ranges or new]
    return chunks if len(chunks) > 1 else []


def assign_chunk(connection: Connection, settings: TreeClusterSettings, chunk: list[int]) -> StepResult:
    """Assign the new trees of one range of ids, side by side with other chunks; as assign_regions else.

    All trees of the range, where it is recorded that they must be looked at again.
    """

    def work() -> StepResult:
        # Upgraded databases reject the original job, so no table needs a lock that keeps other chunks off.
        with exclusive(connection, settings, shared=True) as cursor:
            cursor.execute(statement("incremental_tables"))
            again = assignment.take_ranges(cursor, (chunk[0], chunk[1]))
            looked_at = assignment.gather(cursor, everything=False, ids=(chunk[0], chunk[1]))
            found = assignment.find_regions(cursor, indexed=True)
            rows = assignment.write(cursor)
            assignment.leave_to_the_next(cursor, settings, everything=again)
            return assignment.as_result(looked_at, rows, found)

    return retried(work)


def assign_regions(connection: Connection, settings: TreeClusterSettings, counted: StepResult) -> StepResult:
    """Bring tree_region up to date and settle new trees: `{"rows": int, "trees": int, ...}`.

    `rows` counts inserted rows; further keys say what was changed, deleted, left without a region and why.
    """

    def work() -> StepResult:
        with exclusive(connection, settings, "tree_region") as cursor:
            upgraded = is_upgraded(cursor)
            cursor.execute(statement("incremental_tables"))
            everything = not upgraded or assignment.take_changes(cursor, dry_run=settings.dry_run)
            again = upgraded and assignment.take_ranges(cursor, dry_run=settings.dry_run)
            looked_at = assignment.gather(cursor, everything)
            if not (looked_at or everything or again or _rows(cursor, "taken_region")):
                return {"rows": 0, "trees": 0, "looked_at": 0, "reason": assignment.NOTHING}
            found = assignment.find_regions(cursor, indexed=upgraded)
            if settings.dry_run:
                result = assignment.as_result(looked_at, assignment.foretell(cursor), found)
                connection.rollback()  # only temporary tables were made; not even those are left
                return result | {"dry_run": True}
            rows = assignment.write(cursor)
            if upgraded:
                assignment.leave_to_the_next(cursor, settings, everything=everything or again)
            return assignment.as_result(looked_at, rows, found)

    return retried(work)


def refresh_view(connection: Connection, settings: TreeClusterSettings, assigned: StepResult) -> StepResult:
    """Bring active_tree_region up to date: `{"refreshed": bool, ...}`."""
    if settings.dry_run:
        return _foretell_view(connection, settings, assigned)

    def work(everything: bool = False) -> StepResult:
        with exclusive(connection, settings) as cursor:
            if not is_upgraded(cursor):
                cursor.execute(statement("faithful_refresh_view"))
                return {"refreshed": True}
            return view.follow(cursor, everything=everything)

    try:
        return retried(work)
    except errors.UniqueViolation:  # somebody else has written to active_tree_region
        return retried(lambda: work(everything=True))


def _foretell_view(connection: Connection, settings: TreeClusterSettings, assigned: StepResult) -> StepResult:
    with limited(connection, settings, read_only=True) as cursor:
        cursor.execute(statement("faithful_view_rows"))
        rows = only_row(cursor)[0] + assigned["rows"] - assigned.get("deleted", 0)
        return {"refreshed": False, "reason": "dry run", "dry_run": True, "rows": rows}


def rebuild_clusters(
    connection: Connection, settings: TreeClusterSettings, refreshed: StepResult
) -> StepResult:
    """Bring the clusters up to date: `{"clusters": int, ...}`; `clusters` counts those written."""
    if settings.dry_run:
        with limited(connection, settings, read_only=True) as cursor:
            found = len(clustering.all_clusters(cursor, settings))
            return {"clusters": found, "rebuilt": False, "reason": "dry run", "dry_run": True}

    def work() -> StepResult:
        with exclusive(connection, settings, "clusters") as cursor:
            if not is_upgraded(cursor):
                return {"clusters": clustering.rewrite_all(cursor, settings), "rebuilt": True}
            cells, everything = clustering.take_due(cursor, settings)
            if everything:
                return {"clusters": clustering.rebuild_everything(cursor, settings), "rebuilt": True}
            if not cells:
                return {"clusters": 0, "rebuilt": False, "reason": assignment.NOTHING}
            return {"clusters": clustering.rebuild_due(cursor, settings), "rebuilt": True, "cells": cells}

    return retried(work)


def _rows(cursor: Cursor, table: str) -> bool:
    """Tell whether a temporary table of ours has rows."""
    cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table)))
    return bool(only_row(cursor)[0])
