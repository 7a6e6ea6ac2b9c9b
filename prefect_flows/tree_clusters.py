"""Assign new trees to regions and rebuild the clusters of the map: the pipeline `tree_clusters` in Prefect.

Needs two blocks: a `SqlAlchemyConnector` (driver postgresql+psycopg2) for the database and, where a message
is wanted, a `SlackWebhook` of prefect-slack. `python deployment.py --env dev` registers it.

The chunks of a large backlog are threads of the flow's process or, with the setting `dask_address`, tasks of
that Dask cluster: its workers need this checkout's packages and the way to the Prefect API and the database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from pipelines.catalog import StepResult, settings_for
from pipelines.tree_clusters import PIPELINE, steps
from pipelines.tree_clusters.settings import TreeClusterSettings
from prefect_flows.database import opened
from prefect_flows.notice import failure_hook, keeping_results, tell_success

tell_failure = failure_hook(PIPELINE)


@task
def count_new_trees(connection: str, settings: TreeClusterSettings) -> StepResult:
    """Count the trees that have no regions yet."""
    with opened(connection) as database:
        return steps.count_new_trees(database, settings)


@task
def plan_chunks(connection: str, settings: TreeClusterSettings, counted: StepResult) -> list[list[int]]:
    """Split a large backlog into ranges of tree ids."""
    with opened(connection) as database:
        return steps.plan_chunks(database, settings, counted)


@task(task_run_name="assign_chunk[{number}]")
def assign_chunk(connection: str, settings: TreeClusterSettings, chunk: list[int], number: int) -> StepResult:
    """Assign one of those ranges, side by side with the others."""
    with opened(connection) as database:
        return steps.assign_chunk(database, settings, chunk)


@task
def assign_regions(
    connection: str, settings: TreeClusterSettings, counted: StepResult, chunked: list[StepResult]
) -> StepResult:
    """Give each new tree its region on each zoom level."""
    with opened(connection) as database:
        return steps.assign_regions(database, settings, counted, chunked)


@task
def refresh_view(connection: str, settings: TreeClusterSettings, assigned: StepResult) -> StepResult:
    """Bring active_tree_region up to date."""
    with opened(connection) as database:
        return steps.refresh_view(database, settings, assigned)


@task
def rebuild_clusters(connection: str, settings: TreeClusterSettings, refreshed: StepResult) -> StepResult:
    """Cluster the active trees by distance."""
    with opened(connection) as database:
        return steps.rebuild_clusters(database, settings, refreshed)


@task
def notify(results: dict[str, StepResult], seconds: float, slack_block: str) -> StepResult:
    """Tell Slack; a Slack that does not answer is a warning in this task's result."""
    return tell_success(PIPELINE, results, seconds, slack_block)


@flow(
    name="assign_tree_flow",
    description=PIPELINE.summary,
    # As Airflow keeps XComs: a run that is retried goes on after the last step that was completed.
    persist_result=True,
    result_serializer="json",
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
)
def assign_tree_flow(
    connection: str = "treetracker-db",
    settings: dict[str, Any] | None = None,
    slack_block: str = "slack-notifications",
) -> dict[str, StepResult]:
    """Assign new trees to regions, refresh the view, rebuild the clusters and tell Slack.

    Args:
        connection: Name of the SqlAlchemyConnector block of the treetracker database.
        settings: Settings of the pipeline that are not the default, for instance {"dry_run": true}.
        slack_block: Name of the SlackWebhook block; without such a block no message is sent.
    """
    began = time.monotonic()
    given = settings_for(PIPELINE, settings or {})
    results: dict[str, StepResult] = {}
    with keeping_results(PIPELINE, results):
        counted = results["count_new_trees"] = count_new_trees(connection, given)
        chunked = assign_in_chunks(connection, given, counted) if steps.is_backlog(given, counted) else []
        assigned = results["assign_regions"] = assign_regions(connection, given, counted, chunked)
        refreshed = results["refresh_view"] = refresh_view(connection, given, assigned)
        results["rebuild_clusters"] = rebuild_clusters(connection, given, refreshed)
    seconds = time.monotonic() - began
    publish(results, seconds)
    results["notify"] = notify(dict(results), seconds, slack_block)
    return results


def assign_in_chunks(connection: str, settings: TreeClusterSettings, counted: StepResult) -> list[StepResult]:
    """Assign a large backlog in chunks, side by side; give their results once all have ended.

    Raises what the first of them raised that failed.
    """
    with runner_for(settings) as runner:
        futures = [
            runner.submit(
                assign_chunk,
                {"connection": connection, "settings": settings, "chunk": chunk, "number": number},
            )
            for number, chunk in enumerate(plan_chunks(connection, settings, counted))
        ]
        for future in futures:
            future.wait()
        return [future.result() for future in futures]


@contextmanager
def runner_for(settings: TreeClusterSettings) -> Iterator[TaskRunner[Any]]:
    """Give what runs the chunks, started."""
    if not settings.dask_address:
        threads: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=settings.chunk_workers)
        with threads:
            yield threads
        return
    from prefect_dask.task_runners import DaskTaskRunner  # importing Dask takes a second

    with DaskTaskRunner(address=settings.dask_address) as cluster:
        if "." not in __name__:
            # Prefect has loaded this file as a script: the cluster's processes know no module of that name.
            cluster.client.upload_file(__file__)
        yield cluster


def publish(results: dict[str, StepResult], seconds: float) -> None:
    """Show counts and duration on the run's page, as a table."""
    counts = PIPELINE.counts(results)
    get_run_logger().info("%s in %.1f s", json.dumps(counts), seconds)
    create_table_artifact(
        table=[{"what": name, "value": value} for name, value in counts.items()]
        + [{"what": "seconds", "value": round(seconds, 3)}],
        key="assign-tree-flow",
        description=PIPELINE.summary,
    )
