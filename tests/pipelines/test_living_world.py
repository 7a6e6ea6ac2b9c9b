"""The variant `incremental` in a world that changes: on its own schema and on the original's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import worlds
from tests.pipelines.living_world import LivingWorld


@pytest.fixture(params=["upgraded", "original"])
def connections(postgres: Cluster, request: pytest.FixtureRequest) -> Iterator[tuple[Connection, Connection]]:
    name = f"living_{request.param}"
    url = create_database(postgres.url(), name, template="postgis")
    worlds.create_schema(url)
    if request.param == "upgraded":
        worlds.upgrade(url)
    with connected(url) as first, connected(url) as second:
        yield first, second
    drop_database(postgres.url(), name)


@pytest.mark.slow
def test_after_each_run_the_tables_are_those_of_the_model(connections: tuple[Connection, Connection]) -> None:
    class World(LivingWorld):
        first, second = connections

    chosen = settings(
        max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(World, settings=chosen)
