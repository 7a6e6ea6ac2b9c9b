"""What `deployment.py` registers. A pipeline joins by one entry in DEPLOYMENTS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FlowDeployment:
    """One flow as it is to stand in a Prefect server, whatever the environment."""

    pipeline: str
    """Name in `pipelines`."""
    flow: str
    """Name of the flow, also the first half of the deployment's name."""
    entrypoint: str
    """`FILE:FUNCTION`, from the checkout."""
    description: str
    cron: str | None
    """In UTC, as Airflow reads it."""
    concurrency: int = 1
    """Runs at once; a further one waits, as with Airflow's max_active_runs."""
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Names of blocks and plain settings; never a URL."""


DEPLOYMENTS: tuple[FlowDeployment, ...] = (
    FlowDeployment(
        pipeline="tree_clusters",
        flow="assign_tree_flow",
        entrypoint="prefect_flows/tree_clusters.py:assign_tree_flow",
        description="Assigns new trees to the regions of the map and rebuilds the clusters.",
        cron="0 */2 * * *",
        tags=("map",),
        parameters={"connection": "treetracker-db", "settings": {}, "slack_block": "slack-notifications"},
    ),
)
