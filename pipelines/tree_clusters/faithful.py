"""The variant that keeps the original job's statements and commits.

It differs from the original in two ways: a failure raises instead of being printed and called a success, and
nothing that could be secret is logged. What else the original does wrong, it does wrong too: see
docs/tree_clusters.md.
"""

from __future__ import annotations

import logging

from pipelines.catalog import StepResult
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection, only_row, statement, transaction

logger = logging.getLogger(__name__)

NOTHING_INSERTED = "no tree got a region, and the original job stops there"


def count_new_trees(connection: Connection, settings: TreeClusterSettings) -> StepResult:
    """Count the active trees that are not yet assigned: `{"new_trees": int}`."""
    with transaction(connection, read_only=True) as cursor:
        cursor.execute(statement("count_new_trees"))
        return {"new_trees": only_row(cursor)[0]}


def assign_regions(connection: Connection, settings: TreeClusterSettings, counted: StepResult) -> StepResult:
    """Insert the new trees' regions and flag those trees, in one commit: `{"rows": int, "trees": int}`.

    `rows` counts the rows of tree_region, `trees` the trees that were flagged.
    """
    if counted["new_trees"] == 0:
        return {"rows": 0, "trees": 0}
    choose = statement("faithful_choose_regions")
    with transaction(connection, read_only=settings.dry_run) as cursor:
        if settings.dry_run:
            cursor.execute(f"SELECT count(*), count(DISTINCT tree_id) FROM ({choose}) AS chosen")  # noqa: S608
            rows, trees = only_row(cursor)
            return {"rows": rows, "trees": trees, "dry_run": True}
        cursor.execute(f"INSERT INTO tree_region (tree_id, zoom_level, region_id)\n{choose}")
        rows = cursor.rowcount
        if rows == 0:
            return {"rows": 0, "trees": 0}
        cursor.execute(statement("faithful_flag_trees"))
        return {"rows": rows, "trees": cursor.rowcount}


def refresh_view(connection: Connection, settings: TreeClusterSettings, assigned: StepResult) -> StepResult:
    """Refresh active_tree_region: `{"refreshed": bool}`, with `reason` where it was left as it was.

    Like the original, it leaves view and clusters alone when no tree got a region.
    """
    if assigned["rows"] == 0:
        return {"refreshed": False, "reason": NOTHING_INSERTED}
    with transaction(connection, read_only=settings.dry_run) as cursor:
        if settings.dry_run:
            cursor.execute(statement("faithful_view_rows"))
            # The new trees are active and none had rows: theirs come on top.
            rows = only_row(cursor)[0] + assigned["rows"]
            return {"refreshed": False, "reason": "dry run", "dry_run": True, "rows": rows}
        cursor.execute(statement("faithful_refresh_view"))
        return {"refreshed": True}


def rebuild_clusters(
    connection: Connection, settings: TreeClusterSettings, refreshed: StepResult
) -> StepResult:
    """Rewrite the clusters of all active trees: `{"clusters": int}`, with `reason` where it was not done."""
    if not refreshed["refreshed"] and not refreshed.get("dry_run"):
        return {"clusters": 0, "rebuilt": False, "reason": refreshed["reason"]}
    with transaction(connection, read_only=settings.dry_run) as cursor:
        cursor.execute(statement("faithful_find_clusters"), (settings.cluster_distance,))
        found = cursor.fetchall()
        if settings.dry_run:
            return {"clusters": len(found), "rebuilt": False, "reason": "dry run", "dry_run": True}
        cursor.execute(statement("faithful_delete_clusters"), (settings.cluster_zoom_level,))
        # One statement per cluster, as the original: a faster way would hide what the original costs.
        insert = statement("faithful_insert_cluster")
        for count, location in found:
            cursor.execute(insert, (count, settings.cluster_zoom_level, location))
        return {"clusters": len(found), "rebuilt": True}
