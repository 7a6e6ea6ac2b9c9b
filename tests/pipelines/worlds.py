"""Small worlds for the tests: an existing schema is emptied and filled with given trees and regions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from engines.databases import connected
from pipelines import catalog
from pipelines.tree_clusters.statements import HERE, Connection
from tests.pipelines.oracle import Position, Region, Tree, rounded

PIPELINE = catalog.find("tree_clusters")


def create_schema(url: str) -> None:
    """Create the tables as production has them."""
    _execute(url, "schema.sql", "schema_indexes.sql")


def _execute(url: str, *names: str) -> None:
    with connected(url) as connection, connection, connection.cursor() as cursor:
        for name in names:
            cursor.execute((HERE / name).read_text())


def upgrade(url: str) -> None:
    """Bring the tables to the schema of the variant `incremental`."""
    _execute(url, "upgrade.sql")


def downgrade(url: str) -> None:
    """Bring the tables back to the original's schema."""
    _execute(url, "downgrade.sql")


def fill(connection: Connection, trees: Iterable[Tree], regions: Iterable[Region]) -> None:
    """Empty the tables, upgraded or not, and put these rows into them."""
    if rows(connection, "SELECT FROM pg_matviews WHERE matviewname = 'active_tree_region'"):
        empty_view = "REFRESH MATERIALIZED VIEW active_tree_region"
    else:
        empty_view = "TRUNCATE active_tree_region"
    run_statements(
        connection,
        "TRUNCATE trees, region, region_zoom, region_type, tree_region, clusters RESTART IDENTITY CASCADE",
        empty_view,
        "INSERT INTO region_type (type) VALUES ('any')",
    )
    for region in regions:
        add_region(connection, region)
    for tree in trees:
        plant(connection, tree)


def add_region(connection: Connection, region: Region) -> None:
    """Add a region and its zoom levels."""
    ring = ", ".join(f"{x!r} {y!r}" for x, y in (*region.corners, region.corners[0]))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO region (id, type_id, geom, centroid) SELECT %s, 1, shape, ST_Centroid(shape)"
            " FROM ST_GeomFromText(%s, 4326) AS shape",
            (region.id, f"MULTIPOLYGON((({ring})))"),
        )
        for zoom_level, priority in region.priorities.items():
            cursor.execute(
                "INSERT INTO region_zoom (region_id, zoom_level, priority) VALUES (%s, %s, %s)",
                (region.id, zoom_level, priority),
            )


def plant(connection: Connection, tree: Tree) -> None:
    """Add a tree."""
    lon, lat = tree.position or (None, None)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO trees (id, lon, lat, estimated_geometric_location, active) VALUES (%(id)s,"
            " %(lon)s, %(lat)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(active)s)",
            {"id": tree.id, "lon": lon, "lat": lat, "active": tree.active},
        )


def move(connection: Connection, tree: int, position: Position | None) -> None:
    """Move a tree, or take its position away."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE trees SET estimated_geometric_location = ST_SetSRID(ST_MakePoint(%s, %s), 4326)"
            " WHERE id = %s",
            (*(position or (None, None)), tree),
        )


def create_view(connection: Connection) -> None:
    """Create active_tree_region as schema.sql and schema_indexes.sql have it."""
    schema_text, index_text = ((HERE / name).read_text() for name in ("schema.sql", "schema_indexes.sql"))
    view = schema_text[schema_text.index("CREATE MATERIALIZED VIEW") :]
    indexes = [line for line in index_text.splitlines() if " ON active_tree_region " in line]
    run_statements(connection, view, *indexes)


def run(connection: Connection, **values: Any) -> dict[str, dict[str, Any]]:
    """Run every step, a backlog in chunks; give the results by step."""
    settings = catalog.settings_for(PIPELINE, values)
    results: dict[str, dict[str, Any]] = {}
    for step in PIPELINE.steps:
        given: list[Any] = [results[name] for name in step.needs]
        if step.split and step.split.wanted(settings, *given):
            parts = step.split.make_parts(connection, settings, *given)
            given.append([step.split.run_part(connection, settings, part) for part in parts])
        results[step.name] = step.run(connection, settings, *given)
    return results


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """Give the rows of a query, sorted; leave no transaction open."""
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(cursor.fetchall())


def outputs(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Give the rows of every output, sorted."""
    return {output.name: rows(connection, output.query) for output in PIPELINE.outputs}


def found_clusters(connection: Connection) -> Counter[tuple[int, float, float]]:
    """Give the clusters in the oracle's form."""
    query = "SELECT count, ST_X(location), ST_Y(location) FROM clusters WHERE zoom_level = 14"
    return Counter((count, rounded(x), rounded(y)) for count, x, y in rows(connection, query))


def as_view(chosen: Iterable[tuple[int, int, int]], active: Mapping[int, bool]) -> Counter[tuple[int, int]]:
    """Give what active_tree_region must hold, as (region, zoom level)."""
    return Counter((region, zoom_level) for tree, zoom_level, region in chosen if active[tree])


def found_view(connection: Connection) -> Counter[tuple[int, int]]:
    """Give what active_tree_region holds, as (region, zoom level)."""
    query = "SELECT region_id, zoom_level FROM active_tree_region"
    return Counter((region, zoom_level) for region, zoom_level in rows(connection, query))


def run_statements(connection: Connection, *statements: str) -> None:
    """Execute statements in one transaction."""
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Give the rows of every table and view in the schema, and where its sequences stand."""
    names = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm')"
    )
    tables = [name for (name,) in rows(connection, names) if name != "spatial_ref_sys"]
    found = {name: rows(connection, f"SELECT t::text FROM {name} t") for name in tables}
    numbering = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
    return found | {"sequences": rows(connection, numbering)}


def schema(connection: Connection) -> list[tuple[Any, ...]]:
    """Give every relation, column, index definition, trigger, function and grant of the schema."""
    return rows(
        connection,
        """
        SELECT 'relation', relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'column', attrelid::regclass::text, attname || ' ' || format_type(atttypid, atttypmod)
        FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL
        SELECT 'trigger', tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL
        SELECT 'function', proname, '' FROM pg_proc WHERE proname LIKE 'tree_clusters%'
        UNION ALL
        SELECT 'view', matviewname, definition FROM pg_matviews""",
    )
