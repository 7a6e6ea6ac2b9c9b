"""The steps of tree_clusters: each opens and ends its own transactions on the connection that it is given."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.catalog import StepResult
from pipelines.tree_clusters import faithful, incremental
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection


def count_new_trees(connection: Connection, settings: TreeClusterSettings) -> StepResult:
    """Count the work: `{"new_trees": int}`."""
    if settings.variant == "faithful":
        return faithful.count_new_trees(connection, settings)
    return incremental.count_new_trees(connection, settings)


def is_backlog(settings: TreeClusterSettings, counted: StepResult) -> bool:
    """Tell whether there are so many trees to look at that assign_regions had better be split."""
    trees: int = counted["look_again"] if "look_again" in counted else counted["new_trees"]
    return (
        settings.variant == "incremental"
        and not settings.dry_run
        and "schema" not in counted  # the original's: every run looks at everything
        and trees > settings.chunk_trees
    )


def plan_chunks(
    connection: Connection, settings: TreeClusterSettings, counted: StepResult
) -> list[list[int]]:
    """Split a large backlog into ranges of tree ids, `[first, last]`; none where assign_regions will do."""
    return incremental.plan_chunks(connection, settings) if is_backlog(settings, counted) else []


def assign_chunk(connection: Connection, settings: TreeClusterSettings, chunk: list[int]) -> StepResult:
    """Assign one range of plan_chunks, side by side with the others: `{"rows": int, "trees": int}`."""
    return incremental.assign_chunk(connection, settings, chunk)


def assign_regions(
    connection: Connection,
    settings: TreeClusterSettings,
    counted: StepResult,
    chunked: Sequence[StepResult] = (),
) -> StepResult:
    """Give each new tree its region on each zoom level: `{"rows": int, "trees": int}`.

    `chunked`: the results of assign_chunk, where it has run before; they are added to this step's own.
    """
    if settings.variant == "faithful":
        return faithful.assign_regions(connection, settings, counted)
    result = incremental.assign_regions(connection, settings, counted)
    if not chunked:
        return result
    totals = {key: result[key] + sum(one[key] for one in chunked) for key in ("rows", "trees", "looked_at")}
    result.pop("reason", None)
    return result | totals | {"chunks": len(chunked)}


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
