"""Seeded trees as an organisation like Greenstand has them: many small sites around real towns.

Shares and sizes follow treetracker's data: planting sites mostly in four African countries, a lognormal
number of trees per site, some 130 m of spread, and the awkward cases that real data always has.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipelines.tree_clusters.grid import KM_PER_DEGREE, PRODUCTION_GRIDS
from pipelines.tree_clusters.places import Town

COUNTRY_SHARES = (("TZ", 0.32), ("KE", 0.16), ("UG", 0.09), ("SL", 0.07))
"""Share of the sites; the rest lies at towns anywhere."""
MEDIAN_SITE, SITE_SIGMA = 48, 1.2
SITE_SPREAD_KM, TOWN_DISTANCE_KM = 0.13, 8.0
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Tree:
    """One row of `trees`; degrees, None where nobody took the position."""

    id: int
    lon: float | None
    lat: float | None
    active: bool
    created: datetime


@dataclass(frozen=True)
class Awkward:
    """A case that real data has, and the share of the trees that it makes up."""

    name: str
    share: float


AWKWARD = (
    Awkward("no location", 0.005),
    Awkward("exact duplicate", 0.010),
    Awkward("null island", 0.001),
    Awkward("outside every region", 0.002),
    Awkward("date line", 0.001),
    Awkward("cell border", 0.002),
)
INACTIVE_SHARE = 0.06


def plant(count: int, seed: int, towns: list[Town], first_id: int = 1) -> Iterator[Tree]:
    """Give `count` trees; the same arguments always give the same trees."""
    choose = random.Random(seed)  # noqa: S311 - sample data, not a secret
    previous: Tree | None = None
    for number, (lon, lat) in enumerate(_positions(count, choose, towns)):
        tree = Tree(
            id=first_id + number,
            lon=lon,
            lat=lat,
            active=choose.random() >= INACTIVE_SHARE,
            created=FIRST_DAY + timedelta(seconds=choose.randrange(500 * 86400)),
        )
        tree = _made_awkward(tree, previous, choose)
        previous = tree
        yield tree


def _positions(count: int, choose: random.Random, towns: list[Town]) -> Iterator[tuple[float, float]]:
    by_country = {code: [town for town in towns if town.country_code == code] for code, _ in COUNTRY_SHARES}
    left = count
    while left > 0:
        town = choose.choice(_country_towns(choose, by_country) or towns)
        lon, lat = _moved(town.lon, town.lat, TOWN_DISTANCE_KM, choose)
        size = min(left, max(1, round(choose.lognormvariate(math.log(MEDIAN_SITE), SITE_SIGMA))))
        for _ in range(size):
            yield _moved(lon, lat, SITE_SPREAD_KM, choose)
        left -= size


def _country_towns(choose: random.Random, by_country: dict[str, list[Town]]) -> list[Town] | None:
    ticket = choose.random()
    for code, share in COUNTRY_SHARES:
        ticket -= share
        if ticket < 0:
            return by_country[code]
    return None


def _moved(lon: float, lat: float, spread_km: float, choose: random.Random) -> tuple[float, float]:
    """Move a point by a normal distance; seven decimals, as telephones report it."""
    lat_moved = lat + choose.gauss(0, spread_km) / KM_PER_DEGREE
    lon_moved = lon + choose.gauss(0, spread_km) / KM_PER_DEGREE / math.cos(math.radians(lat))
    return round((lon_moved + 180) % 360 - 180, 7), round(min(max(lat_moved, -90), 90), 7)


def _made_awkward(tree: Tree, previous: Tree | None, choose: random.Random) -> Tree:
    ticket = choose.random()
    for case in AWKWARD:
        ticket -= case.share
        if ticket < 0:
            return _as_case(case.name, tree, previous, choose)
    return tree


def _as_case(name: str, tree: Tree, previous: Tree | None, choose: random.Random) -> Tree:
    if name == "no location":
        return replace(tree, lon=None, lat=None)
    if name == "exact duplicate" and previous is not None:
        return replace(tree, lon=previous.lon, lat=previous.lat)
    if name == "null island":
        return replace(tree, lon=0.0, lat=0.0)
    if name == "outside every region":  # the Arctic Ocean, north of all grids and countries
        return replace(tree, lon=round(choose.uniform(-180, 180), 7), lat=round(choose.uniform(86, 89), 7))
    if name == "date line":
        return replace(tree, lon=-180.0)
    grid = PRODUCTION_GRIDS[2]
    cell = grid.cell_at(tree.lon or 0.0, tree.lat or 0.0)
    if name == "cell border" and cell is not None:
        return replace(tree, lon=grid.box(cell)[0])
    return tree
