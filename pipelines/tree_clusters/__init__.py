"""Assigns new trees to the regions of a map and clusters all active trees."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.catalog import Output, Pipeline, Split, Step, StepResult
from pipelines.tree_clusters import steps
from pipelines.tree_clusters.database import check_treetracker
from pipelines.tree_clusters.planted import PLANTS
from pipelines.tree_clusters.settings import TreeClusterSettings


def _counts(results: Mapping[str, StepResult]) -> dict[str, int]:
    shown = (
        ("new trees", "count_new_trees", "new_trees"),
        ("trees assigned", "assign_regions", "trees"),
        ("rows", "assign_regions", "rows"),
        ("clusters", "rebuild_clusters", "clusters"),
    )
    return {label: results[step][key] for label, step, key in shown if key in results.get(step, {})}


def _fill_sample(url: str, trees: int, seed: int) -> None:
    from pipelines.tree_clusters.sample import fill_sample  # needs packages that only the toolkit has

    fill_sample(url, trees, seed)


PIPELINE = Pipeline(
    name="tree_clusters",
    summary="Assigns new trees to the regions of a map and clusters all active trees.",
    steps=(
        Step("count_new_trees", "Count the trees that have no regions yet.", steps.count_new_trees),
        Step(
            "assign_regions",
            "Give each new tree its region on each zoom level.",
            steps.assign_regions,
            needs=("count_new_trees",),
            split=Split(
                plan="plan_chunks",
                part="assign_chunk",
                wanted=steps.is_backlog,
                make_parts=steps.plan_chunks,
                run_part=steps.assign_chunk,
                at_once=lambda settings: int(settings.chunk_workers),
            ),
        ),
        Step(
            "refresh_view",
            "Bring active_tree_region up to date.",
            steps.refresh_view,
            needs=("assign_regions",),
        ),
        Step(
            "rebuild_clusters",
            "Cluster the active trees by distance.",
            steps.rebuild_clusters,
            needs=("refresh_view",),
        ),
    ),
    outputs=(
        Output(
            "tree_region",
            "SELECT tree_id, zoom_level, region_id FROM tree_region",
            key=("tree_id", "zoom_level"),
            volatile=("id",),
        ),
        Output("trees", "SELECT id, active, cluster_regions_assigned FROM trees", key=("id",)),
        Output(
            "active_tree_region",
            "SELECT region_id, centroid, type_id, zoom_level FROM active_tree_region",
            volatile=("id",),
        ),
        Output(
            "clusters",
            "SELECT count, zoom_level, location FROM clusters",
            tolerances={"location": 1e-9},
            volatile=("id",),
        ),
    ),
    settings=TreeClusterSettings,
    fill_sample=_fill_sample,
    check_database=check_treetracker,
    input_tables=("region_type", "region", "region_zoom", "trees", "tree_region", "clusters"),
    counts=_counts,
    airflow_dag_id="assign_tree_to_cluster",
    prefect_flow="prefect_flows.tree_clusters:assign_tree_flow",
    airflow_connection="postgres_default",
    prefect_connection="treetracker-db",
    plants=PLANTS,
)
