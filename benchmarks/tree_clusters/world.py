"""Production's regions, and trees by the million, for the benchmark.

    .venv/bin/python -m benchmarks.tree_clusters.world URL [--grid production|east-africa|small]

fills the empty database at URL with the regions alone, so that they are built once: the benchmark copies them
with `--regions-url URL`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import time
from collections.abc import Iterator
from itertools import islice

from engines.databases import connected
from pipelines.tree_clusters import regions, sample
from pipelines.tree_clusters.grid import PRODUCTION_GRIDS, Box, Grid
from pipelines.tree_clusters.places import countries, towns
from pipelines.tree_clusters.planting import Tree, plant
from pipelines.tree_clusters.statements import HERE, Connection, only_row, transaction

AFRICA_AND_EAST: Box = (16.0, -38.0, 61.0, 70.0)
"""Where the 5 km cells are built, of which the whole world has 18 million."""
SEED = 20261121


EAST_AFRICA: Box = (28.0, -12.0, 42.0, 5.0)
GRIDS = ("production", "east-africa", "small")
"""`east-africa`: 10 km and 5 km cells only there; `small`: none of them, to try the script."""


def build_regions(url: str, grid_name: str) -> int:
    """Fill an empty database with countries, continents and the grids; give the number of regions."""
    with connected(url) as connection:
        with transaction(connection) as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
            cursor.execute((HERE / "schema.sql").read_text())
            # Checked and indexed once all rows are in, not row by row.
            cursor.execute("ALTER TABLE region_zoom DROP CONSTRAINT region_zoom_region_id_fkey")
            regions.add_countries(cursor, countries())
        for grid in PRODUCTION_GRIDS[: 2 if grid_name == "small" else 4]:
            with transaction(connection) as cursor:
                whole = grid.size_km > 10 or (grid.size_km == 10 and grid_name == "production")
                bounds = AFRICA_AND_EAST if grid_name == "production" else EAST_AFRICA
                regions.add_grid(cursor, grid, grid.all_cells() if whole else grid.all_cells(bounds))
        with transaction(connection) as cursor:
            cursor.execute((HERE / "schema_indexes.sql").read_text())
            cursor.execute("ALTER TABLE region_zoom ADD FOREIGN KEY (region_id) REFERENCES region (id)")
        vacuum(connection)
    return count_regions(url)


def count_regions(url: str) -> int:
    """Give the number of regions."""
    with connected(url) as connection, transaction(connection, read_only=True) as cursor:
        cursor.execute("SELECT count(*) FROM region")
        return int(only_row(cursor)[0])


def add_trees(url: str, first_id: int, count: int, *, seed: int = SEED) -> None:
    """Add trees with ids from `first_id`; none on a border, where the variants differ on purpose."""
    planted = plant(2 * count + 1000, seed + first_id, towns(), first_id)
    chosen = islice((tree for tree in planted if not _on_border(tree)), count)
    with connected(url) as connection:
        with transaction(connection) as cursor:
            sample.add_trees(cursor, _numbered(chosen, first_id))
        vacuum(connection)


def _numbered(trees: Iterator[Tree], first_id: int) -> Iterator[Tree]:
    for number, tree in enumerate(trees, first_id):
        yield Tree(number, tree.lon, tree.lat, tree.active, tree.created)


def _on_border(tree: Tree) -> bool:
    if tree.lon is None or tree.lat is None:
        return False
    return any(_touches(grid, tree.lon, tree.lat) for grid in PRODUCTION_GRIDS)


def _touches(grid: Grid, lon: float, lat: float) -> bool:
    cell = grid.cell_at(lon, lat)
    if cell is None:
        return False
    west, south, east, north = grid.box(cell)
    return lon in (west, east) or lat in (south, north)


def upgrade(url: str) -> None:
    """Bring a database to the schema of the variant `incremental`."""
    with connected(url) as connection, transaction(connection) as cursor:
        cursor.execute((HERE / "upgrade.sql").read_text())


def downgrade(url: str) -> None:
    """Take it back to the original's."""
    with connected(url) as connection, transaction(connection) as cursor:
        cursor.execute((HERE / "downgrade.sql").read_text())


def deactivate(url: str, count: int) -> None:
    """Deactivate so many trees, here and there."""
    with connected(url) as connection, transaction(connection) as cursor:
        cursor.execute(
            "UPDATE trees SET active = false"
            " WHERE id IN (SELECT id FROM trees WHERE active ORDER BY hashint8(id) LIMIT %s)",
            (count,),
        )


def vacuum(connection: Connection) -> None:
    """Tidy up and gather statistics, so that no case pays for the one before."""
    connection.rollback()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    connection.autocommit = False


def tidy(url: str) -> None:
    """Vacuum a database."""
    with connected(url) as connection:
        vacuum(connection)


def warm(url: str) -> None:
    """Read what the job reads into memory, where it is on a machine that does nothing else all day."""
    with connected(url) as connection, transaction(connection) as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        cursor.execute(
            "SELECT pg_prewarm(oid, 'read') FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i', 'm')"
        )


def rows_hash(url: str, query: str) -> tuple[int, str]:
    """Give the number of rows of a query and a hash of them, whatever their order."""
    with connected(url) as connection, transaction(connection, read_only=True) as cursor:
        cursor.execute(f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM ({query}) AS t")
        number, total = only_row(cursor)
        return int(number), hashlib.sha256(str(total).encode()).hexdigest()


def bare_copy_seconds(url: str, since_id: int) -> float:
    """Time the COPY of the rows of trees from `since_id` on into both result tables, indexes included.

    The rows go in under other ids and are rolled back.
    """
    took = 0.0
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('replant.tree_clusters', 'writes', true)")
        for table, select in (
            (
                "tree_region (tree_id, zoom_level, region_id)",
                "SELECT tree_id + 1000000000, zoom_level, region_id FROM tree_region WHERE tree_id >= %s",
            ),
            (
                "active_tree_region (id, region_id, centroid, type_id, zoom_level)",
                "SELECT v.id + 1000000000, v.region_id, v.centroid, v.type_id, v.zoom_level"
                " FROM active_tree_region v JOIN tree_region r USING (id) WHERE r.tree_id >= %s",
            ),
        ):
            rows = io.StringIO()
            chosen = cursor.mogrify(select, (since_id,)).decode()
            cursor.copy_expert(f"COPY ({chosen}) TO STDOUT", rows)
            rows.seek(0)
            began = time.monotonic()
            cursor.copy_expert(f"COPY {table} FROM STDIN", rows)
            took += time.monotonic() - began
        connection.rollback()
    return took


def main() -> None:
    """Build the regions in a database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", metavar="URL", help="an empty database")
    parser.add_argument("--grid", choices=GRIDS, default="production")
    options = parser.parse_args()
    began = time.monotonic()
    number = build_regions(options.url, options.grid)
    print(f"{number:,} regions, built in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
