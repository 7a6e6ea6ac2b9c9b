"""The cells of a grid: together they cover the band of latitudes once, and they are production's sizes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.tree_clusters.grid import NORTH, PRODUCTION_GRIDS, SOUTH, Grid

grids = st.sampled_from(PRODUCTION_GRIDS)


@given(grids, st.floats(-180, 180), st.floats(SOUTH, NORTH))
def test_a_point_lies_in_its_cell(grid: Grid, lon: float, lat: float) -> None:
    cell = grid.cell_at(lon, lat)
    assert cell is not None
    west, south, east, north = grid.box(cell)
    assert west - 1e-9 <= lon <= east + 1e-9 and south - 1e-9 <= lat <= north + 1e-9


@pytest.mark.parametrize(("lon", "lat"), [(0, 70.1), (0, -60.1), (181, 0), (math.nan, 0)])
def test_a_point_outside_has_no_cell(lon: float, lat: float) -> None:
    assert PRODUCTION_GRIDS[0].cell_at(lon, lat) is None


@given(grids, st.floats(-179, 179), st.floats(SOUTH, NORTH))
def test_neighbours_share_their_bounds_to_the_last_bit(grid: Grid, lon: float, lat: float) -> None:
    cell = grid.cell_at(lon, lat)
    assert cell is not None
    row, column = cell
    if column + 1 < grid.columns(row):
        assert grid.box((row, column))[2] == grid.box((row, column + 1))[0]
    if row + 1 < grid.rows:
        assert grid.box((row, column))[3] == grid.box((row + 1, 0))[1]


@given(grids, st.floats(-180, 180), st.floats(SOUTH, NORTH))
def test_cells_around_a_point_hold_every_point_near_it(grid: Grid, lon: float, lat: float) -> None:
    around = set(grid.cells_around([(lon, lat)]))
    assert 1 < len(around) <= 9
    near = 0.3 * grid.size_km / 111.195
    for east, north in ((-near, -near), (-near, near), (near, -near), (near, near)):
        moved = grid.cell_at((lon + east + 180) % 360 - 180, lat + north)
        assert moved is None or moved in around


@pytest.mark.parametrize(
    ("grid", "production"), list(zip(PRODUCTION_GRIDS, (482, 46_227, 4_603_447, None), strict=True))
)
def test_there_are_about_as_many_cells_as_in_production(grid: Grid, production: int | None) -> None:
    cells = sum(grid.columns(row) for row in range(grid.rows))
    if production is None:
        production = 4 * 4_603_447
    assert abs(cells / production - 1) < 0.06


def test_all_cells_of_a_box_are_those_whose_middle_lies_in_it() -> None:
    grid = PRODUCTION_GRIDS[1]
    everything = list(grid.all_cells())
    assert len(everything) == len(set(everything)) == sum(grid.columns(row) for row in range(grid.rows))
    inside = list(grid.all_cells((0, 0, 10, 10)))
    boxes = [grid.box(cell) for cell in inside]
    assert all(0 <= (box[0] + box[2]) / 2 <= 10 and 0 <= (box[1] + box[3]) / 2 <= 10 for box in boxes)
    assert 100 <= len(inside) <= 150
