"""What others would use for the two searches, on the same trees; runs in an environment of their own.

    echo '{"url": ..., "peer": "geopandas"}' | .cache/bench-diff/bin/python benchmarks/tree_clusters/peers.py

reads trees and regions from the database, then times the search alone, and prints `{"seconds", "found"}`, or
`{"failed"}` with the reason. `found` counts pairs of tree and region that holds it, or clusters.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TREES = """
    SELECT ST_X(estimated_geometric_location), ST_Y(estimated_geometric_location)
    FROM trees WHERE active AND estimated_geometric_location IS NOT NULL"""
REGIONS = """
    SELECT region.id, ST_AsBinary(region.geom)
    FROM region
    WHERE region.id IN (
        SELECT near.id
        FROM (
            SELECT DISTINCT floor(ST_X(estimated_geometric_location) * 100) AS x,
                floor(ST_Y(estimated_geometric_location) * 100) AS y
            FROM trees WHERE active AND estimated_geometric_location IS NOT NULL
        ) AS tile
        JOIN region AS near
            ON near.geom && ST_MakeEnvelope(x / 100, y / 100, (x + 1) / 100, (y + 1) / 100, 4326)
    )"""
"""Only those near a tree: the other millions are no work for a peer."""


def main() -> None:
    """Serve one request from standard input."""
    asked = json.load(sys.stdin)
    try:
        answer = PEERS[asked["peer"]](asked["url"])
    except Exception as error:  # noqa: BLE001 - whatever it is, the row of the table says it
        answer = {"failed": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(answer))


def _rows(url: str, query: str) -> list[tuple[Any, ...]]:
    import psycopg2

    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET jit = off; SET enable_hashjoin = off; SET enable_mergejoin = off")
        cursor.execute(query)
        return cursor.fetchall()


def _timed(search: Callable[[], int]) -> dict[str, Any]:
    began = time.monotonic()
    found = search()
    return {"seconds": time.monotonic() - began, "found": int(found)}


def _geopandas(url: str) -> dict[str, Any]:
    geopandas: Any = importlib.import_module("geopandas")
    shapely: Any = importlib.import_module("shapely")
    known = shapely.from_wkb([bytes(shape) for _, shape in _rows(url, REGIONS)])
    points = geopandas.GeoDataFrame(geometry=shapely.points(_rows(url, TREES)), crs=4326)
    shapes = geopandas.GeoDataFrame(geometry=known, crs=4326)
    return _timed(lambda: len(geopandas.sjoin(points, shapes, predicate="within")))


def _duckdb(url: str) -> dict[str, Any]:
    import duckdb
    import pandas

    connection = duckdb.connect()
    package = importlib.util.find_spec("duckdb_extension_spatial")
    if package is None or package.origin is None:
        connection.execute("INSTALL spatial; LOAD spatial")  # from DuckDB's own server
    else:
        [extension] = Path(package.origin).parent.glob("extensions/*/spatial.duckdb_extension")
        connection.execute(f"LOAD '{extension}'")
    points = pandas.DataFrame(_rows(url, TREES), columns=["lon", "lat"])
    shapes = pandas.DataFrame(((bytes(shape),) for _, shape in _rows(url, REGIONS)), columns=["shape"])
    connection.register("points", points)
    connection.register("shapes", shapes)
    connection.execute("CREATE TABLE tree AS SELECT ST_Point(lon, lat) AS geom FROM points")
    connection.execute("CREATE TABLE region AS SELECT ST_GeomFromWKB(shape) AS geom FROM shapes")
    join = "SELECT count(*) FROM tree JOIN region ON ST_Within(tree.geom, region.geom)"
    return _timed(lambda: int(connection.execute(join).fetchall()[0][0]))


def _dbscan(url: str) -> dict[str, Any]:
    numpy: Any = importlib.import_module("numpy")
    cluster: Any = importlib.import_module("sklearn.cluster")
    points = numpy.array(_rows(url, TREES))
    return _timed(lambda: cluster.DBSCAN(eps=0.005, min_samples=1).fit(points).labels_.max() + 1)


PEERS = {"geopandas": _geopandas, "duckdb": _duckdb, "dbscan": _dbscan}

if __name__ == "__main__":
    main()
