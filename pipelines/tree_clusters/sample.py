"""Fills an empty database with trees and the regions around them: made up, or out of a user's file.

Needs the toolkit's environment for countries and towns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.errors import CannotProceedError
from pipelines.tree_clusters import database, regions
from pipelines.tree_clusters.grid import PRODUCTION_GRIDS
from pipelines.tree_clusters.places import countries, towns
from pipelines.tree_clusters.planting import Tree, plant
from pipelines.tree_clusters.statements import Cursor, statement, transaction
from pipelines.tree_clusters.tree_csv import (
    DEFAULT_COLUMNS,
    LARGEST_ID,
    Columns,
    Rejected,
    default_rejects,
    read_trees,
    write_rejects,
)

Tell = Callable[[str], None]
"""Is told what is being done, at the start of each of STAGES."""
STAGES = 4 + len(PRODUCTION_GRIDS)


@dataclass(frozen=True)
class Filled:
    """What a database was filled with."""

    trees: int
    regions: int
    rejected: tuple[Rejected, ...] = ()
    rejects: Path | None = None
    """The file that lists the rejected rows, if there are any."""


def fill_sample(url: str, trees: int, seed: int, tell: Tell = lambda _doing: None) -> Filled:
    """Fill an empty database with `trees` made-up trees; the same seed and number give the same rows.

    Raises CannotProceedError if the database is not empty or cannot be reached.
    """
    if not 0 < trees <= LARGEST_ID:
        raise CannotProceedError(f"A sample has from 1 to {LARGEST_ID:,} trees, not {trees:,}.")
    tell("planting trees")
    return _fill(url, list(plant(trees, seed, towns())), tell)


def fill_from_csv(
    url: str,
    file: Path,
    columns: Columns = DEFAULT_COLUMNS,
    rejects: Path | None = None,
    tell: Tell = lambda _doing: None,
) -> Filled:
    """Fill an empty database with the trees of a CSV file; see `tree_csv.read_trees` for its form.

    Rows that cannot be used are written to `rejects`, by default NAME.rejects.csv in the current folder.

    Raises CannotProceedError if the file or the database cannot be used.
    """
    tell("reading the file")
    trees, rejected = read_trees(file, columns)
    if not rejected:
        return _fill(url, trees, tell)
    listed = rejects or default_rejects(file)
    try:
        with listed.open("w", encoding="utf-8", newline="") as target:
            write_rejects(target, rejected)
    except OSError as error:
        raise CannotProceedError(
            f"Cannot write the rejected rows to {listed}: {error.strerror}. Name another file with --rejects."
        ) from None
    return replace(_fill(url, trees, tell), rejected=tuple(rejected), rejects=listed)


def _fill(url: str, trees: list[Tree], tell: Tell) -> Filled:
    with database.connected(url) as connection:
        with transaction(connection) as cursor:
            database.prepare_empty(cursor)
            tell("adding trees")
            add_trees(cursor, trees)
            points = [(tree.lon, tree.lat) for tree in trees if tree.lon is not None and tree.lat is not None]
            tell("adding countries and continents")
            added = regions.add_countries(cursor, countries())
            for grid in PRODUCTION_GRIDS:
                tell(f"adding the {grid.name}")
                # Only the cells that trees can meet: the whole world's 10 km cells are 4.6 million.
                added += regions.add_grid(cursor, grid, grid.cells_around(points))
        tell("gathering statistics")
        with transaction(connection) as cursor:
            cursor.execute("ANALYZE")
    return Filled(trees=len(trees), regions=added)


def add_trees(cursor: Cursor, trees: Iterable[Tree]) -> int:
    """Add trees to the table; give their number."""
    cursor.execute(
        "CREATE TEMPORARY TABLE new_trees (id integer, lon float8, lat float8, active boolean,"
        " created timestamptz) ON COMMIT DROP"
    )
    added = regions.copy_lines(cursor, "new_trees", _lines(trees))
    cursor.execute(statement("sample_add_trees"))
    cursor.execute("DROP TABLE new_trees")
    cursor.execute("SELECT setval(pg_get_serial_sequence('trees', 'id'), max(id)) FROM trees")
    return added


def _lines(trees: Iterable[Tree]) -> Iterator[str]:
    for tree in trees:
        lon, lat = (r"\N" if value is None else repr(value) for value in (tree.lon, tree.lat))
        yield f"{tree.id}\t{lon}\t{lat}\t{'t' if tree.active else 'f'}\t{tree.created.isoformat()}\n"
