"""Grids of square cells over the inhabited latitudes, as production has them.

Rows of equal height from latitude -60 to 70; in each row as many equal cells as give about the wanted width
in kilometres at its middle, so that the cells cover longitude -180..180 without gap or overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SOUTH, NORTH, WEST, EAST = -60.0, 70.0, -180.0, 180.0
KM_PER_DEGREE = 111.195
"""Length of one degree of latitude on a sphere of radius 6371 km."""

Cell = tuple[int, int]
"""Row from the south, column from the west."""
Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""


@dataclass(frozen=True)
class Grid:
    """Cells of one size, and the zoom levels at which they are shown."""

    size_km: float
    zoom_levels: tuple[int, ...]
    priority: int = 1

    @property
    def name(self) -> str:
        """Such as "10 km grid"."""
        return f"{self.size_km:g} km grid"

    @property
    def height(self) -> float:
        """Height of a row in degrees."""
        return self.size_km / KM_PER_DEGREE

    @property
    def rows(self) -> int:
        """How many rows there are; the northernmost is cut at NORTH."""
        return math.ceil((NORTH - SOUTH) / self.height)

    def columns(self, row: int) -> int:
        """Give the number of cells in a row."""
        middle = math.radians(SOUTH + (row + 0.5) * self.height)
        return max(1, round((EAST - WEST) * KM_PER_DEGREE * math.cos(middle) / self.size_km))

    def cell_at(self, lon: float, lat: float) -> Cell | None:
        """Give the cell that a point lies in, or None outside the grid."""
        if not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH):
            return None
        row = min(int((lat - SOUTH) / self.height), self.rows - 1)
        columns = self.columns(row)
        return row, min(int((lon - WEST) / (EAST - WEST) * columns), columns - 1)

    def box(self, cell: Cell) -> Box:
        """Give the bounds of a cell; neighbours share theirs to the last bit."""
        row, column = cell
        columns = self.columns(row)
        width = (EAST - WEST) / columns
        west, east = (WEST + edge * width if edge < columns else EAST for edge in (column, column + 1))
        return west, SOUTH + row * self.height, east, min(NORTH, SOUTH + (row + 1) * self.height)

    def cells_around(self, points: Iterable[tuple[float, float]]) -> list[Cell]:
        """Give the cells that the points (lon, lat) lie in and the cells next to those, in order."""
        touched = {cell for lon, lat in points if (cell := self.cell_at(lon, lat)) is not None}
        found: set[Cell] = set()
        for row, column in touched:
            middle = self.box((row, column))
            lon = (middle[0] + middle[2]) / 2
            for near in range(max(0, row - 1), min(self.rows, row + 2)):
                columns = self.columns(near)
                at = min(int((lon - WEST) / (EAST - WEST) * columns), columns - 1)
                found.update((near, (at + step) % columns) for step in (-1, 0, 1))
        return sorted(found | touched)

    def all_cells(self, within: Box = (WEST, SOUTH, EAST, NORTH)) -> Iterator[Cell]:
        """Give every cell whose middle lies in `within`."""
        west, south, east, north = within
        for row in range(self.rows):
            columns = self.columns(row)
            width = (EAST - WEST) / columns
            _, low, _, high = self.box((row, 0))
            if not south <= (low + high) / 2 <= north:
                continue
            first = max(0, math.ceil((west - WEST) / width - 0.5))
            last = min(columns - 1, math.floor((east - WEST) / width - 0.5))
            for column in range(first, last + 1):
                yield row, column


PRODUCTION_GRIDS = (
    Grid(1000, (1, 2, 3, 4, 5)),
    Grid(100, (6, 7, 8)),
    Grid(10, (9, 10, 11, 12, 13, 14)),
    Grid(5, (15,)),
)
"""The sizes and zoom levels of treetracker's own regions."""
