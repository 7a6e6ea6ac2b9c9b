"""The steps of tree_clusters: each opens and ends its own transactions on the connection that it is given."""

from __future__ import annotations

from pipelines.catalog import StepResult
from pipelines.tree_clusters import faithful, incremental
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection


def count_new_trees(connection: Connection, settings: TreeClusterSettings) -> StepResult:
    """Count the work: `{"new_trees": int}`."""
    if settings.variant == "faithful":
        return faithful.count_new_trees(connection, settings)
    return incremental.count_new_trees(connection, settings)


def assign_regions(connection: Connection, settings: TreeClusterSettings, counted: StepResult) -> StepResult:
    """Give each new tree its region on each zoom level: `{"rows": int, "trees": int}`."""
    if settings.variant == "faithful":
        return faithful.assign_regions(connection, settings, counted)
    return incremental.assign_regions(connection, settings, counted)


def refresh_view(connection: Connection, settings: TreeClusterSettings, assigned: StepResult) -> StepResult:
    """Bring active_tree_region up to date: `{"refreshed": bool, ...}`."""
    if settings.forget_refresh:
        return {"refreshed": True, "forgotten": True}
    if settings.variant == "faithful":
        return faithful.refresh_view(connection, settings, assigned)
    return incremental.refresh_view(connection, settings, assigned)


def rebuild_clusters(
    connection: Connection, settings: TreeClusterSettings, refreshed: StepResult
) -> StepResult:
    """Bring the clusters up to date: `{"clusters": int, ...}`."""
    if settings.variant == "faithful":
        return faithful.rebuild_clusters(connection, settings, refreshed)
    return incremental.rebuild_clusters(connection, settings, refreshed)
