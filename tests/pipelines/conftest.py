"""Databases with treetracker's tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import changed_world
from tests.pipelines.worlds import create_schema


@pytest.fixture(scope="module")
def treetracker_url(postgres: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the empty tables, for all tests of a module: `worlds.fill` empties them."""
    name = request.module.__name__.rpartition(".")[2]
    url = create_database(postgres.url(), name, template="postgis")
    create_schema(url)
    yield url
    drop_database(postgres.url(), name)


@pytest.fixture(scope="module")
def connection(treetracker_url: str) -> Iterator[Connection]:
    """A connection to that database, as an engine hands it to a step."""
    with connected(treetracker_url) as opened:
        yield opened


@pytest.fixture(params=["upgraded", "original"])
def changed_url(postgres: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A world in which a run was, and much has changed since; on either schema."""
    yield from changed_world.world(postgres, request.param == "upgraded")


@pytest.fixture
def upgraded_url(postgres: Cluster) -> Iterator[str]:
    """Such a world on the upgraded schema."""
    yield from changed_world.world(postgres, upgraded=True)
