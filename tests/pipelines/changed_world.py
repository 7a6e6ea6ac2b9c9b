"""A small world in which a run was, and of which much has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import worlds
from tests.pipelines.oracle import Region, Tree

WORLD = [
    Region(1, ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)), {1: 1, 2: 1}),
    Region(2, ((0.1, 0.0), (0.2, 0.0), (0.2, 0.1), (0.1, 0.1)), {1: 1, 14: 1}),
]
OLD = [Tree(number, (0.02 * number, 0.05)) for number in range(1, 9)]
CHANGES = (
    "INSERT INTO trees (id, estimated_geometric_location)"
    " SELECT number, ST_SetSRID(ST_MakePoint(0.01 * number, 0.051), 4326)"
    " FROM generate_series(11, 15) AS number",
    "UPDATE trees SET estimated_geometric_location = ST_SetSRID(ST_MakePoint(0.15, 0.01), 4326) WHERE id = 2",
    "UPDATE trees SET active = false WHERE id = 3",
    "DELETE FROM trees WHERE id = 4",
    "UPDATE region SET centroid = ST_SetSRID(ST_MakePoint(0.2, 0.2), 4326) WHERE id = 1",
)


def world(postgres: Cluster, upgraded: bool) -> Iterator[str]:
    """Give a database in which a run was, and much has changed since; dropped afterwards."""
    url = create_database(postgres.url(), "safety", template="postgis")
    worlds.create_schema(url)
    if upgraded:
        worlds.upgrade(url)
    with connected(url) as connection:
        # How many trees there are, as autovacuum counts them, decides which statements a run consists of.
        worlds.run_statements(connection, "ALTER TABLE trees SET (autovacuum_enabled = false)")
        start(connection)
    yield url
    drop_database(postgres.url(), "safety")


def start(connection: Connection) -> None:
    """Bring the world to that state again."""
    worlds.fill(connection, OLD, WORLD)
    worlds.run(connection, variant="incremental")
    worlds.run_statements(connection, *CHANGES)


def result(connection: Connection) -> dict[str, Any]:
    """Give the outputs, which a run that nothing disturbed would have made."""
    found: dict[str, Any] = dict(worlds.outputs(connection))
    found["clusters"] = worlds.found_clusters(connection)
    return found


def expected(url: str) -> dict[str, Any]:
    """Give the outputs that an undisturbed run makes, and bring the world back."""
    with connected(url) as connection:
        worlds.run(connection, variant="incremental")
        found = result(connection)
        assert len(found["tree_region"]) > 10 and len(found["clusters"]) > 3
        start(connection)
        return found
