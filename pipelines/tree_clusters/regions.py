"""Fills `region` and `region_zoom`: grids of cells, countries and continents."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import islice

from pipelines.tree_clusters.grid import Cell, Grid
from pipelines.tree_clusters.places import Country
from pipelines.tree_clusters.statements import Cursor, statement

COPY_ROWS = 100_000
"""Rows in memory at a time."""


def add_grid(cursor: Cursor, grid: Grid, cells: Iterable[Cell]) -> int:
    """Add cells of a grid as regions; give their number."""
    cursor.execute("INSERT INTO region_type (type) VALUES (%s) ON CONFLICT DO NOTHING", (grid.name,))
    cursor.execute(
        "CREATE TEMPORARY TABLE new_boxes (ordinal serial, name text, west float8, south float8,"
        " east float8, north float8) ON COMMIT DROP"
    )
    lines = (
        f"{grid.size_km:g} km {row}/{column}\t" + "\t".join(map(repr, grid.box((row, column)))) + "\n"
        for row, column in cells
    )
    added = copy_lines(cursor, "new_boxes (name, west, south, east, north)", lines)
    cursor.execute(
        statement("sample_add_boxes"),
        {"type": grid.name, "zoom_levels": list(grid.zoom_levels), "priority": grid.priority},
    )
    cursor.execute("DROP TABLE new_boxes")
    return added


def add_countries(cursor: Cursor, countries: Sequence[Country]) -> int:
    """Add countries and the continents made of them; give the number of countries."""
    cursor.execute("INSERT INTO region_type (type) VALUES ('country'), ('continent') ON CONFLICT DO NOTHING")
    cursor.execute(
        "CREATE TEMPORARY TABLE new_countries (ordinal integer, name text, continent text,"
        " geom geometry(Geometry, 4326)) ON COMMIT DROP"
    )
    cursor.executemany(
        "INSERT INTO new_countries VALUES (%s, %s, %s, ST_GeomFromWKB(%s, 4326))",
        [(number, one.name, one.continent, one.wkb) for number, one in enumerate(countries)],
    )
    cursor.execute(statement("sample_add_countries"))
    cursor.execute("DROP TABLE new_countries")
    return len(countries)


def copy_lines(cursor: Cursor, target: str, lines: Iterable[str]) -> int:
    """Send lines in COPY's text format to `target` (a name of ours), piece by piece; give their number."""
    sent = 0
    waiting = iter(lines)
    while piece := list(islice(waiting, COPY_ROWS)):
        cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO("".join(piece)))
        sent += len(piece)
    return sent
