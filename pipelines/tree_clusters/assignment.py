"""The work of the step assign_regions of the variant `incremental`, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from pipelines.tree_clusters.linkage import cell_side
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Cursor, only_row, statement

EVERY_ID = (-(2**31), 2**31 - 1)
NOTHING = "nothing had changed"
NAMED_REGIONS = 20
"""Invalid regions that a result names."""


@dataclass(frozen=True)
class Rows:
    """What is written, or would be."""

    inserted: int
    changed: int
    deleted: int
    settled: int
    """Trees."""


@dataclass(frozen=True)
class Found:
    """What else is said of the trees that were looked at."""

    without_rows: dict[str, int]
    """Settled trees that have no region, by reason."""
    invalid_regions: tuple[int, ...]
    """Ids of regions that were skipped because their shape is not valid."""


def as_result(looked_at: int, rows: Rows, found: Found) -> dict[str, Any]:
    """Give the step's result; only what is worth saying."""
    result: dict[str, Any] = {"rows": rows.inserted, "trees": rows.settled, "looked_at": looked_at}
    said = {
        "changed": rows.changed,
        "deleted": rows.deleted,
        "without_region": found.without_rows,
        "invalid_regions": list(found.invalid_regions),
    }
    result |= {name: value for name, value in said.items() if value}
    if rows == Rows(0, 0, 0, 0):
        result["reason"] = NOTHING
    return result


def take_changes(cursor: Cursor, *, dry_run: bool) -> bool:
    """Take what the triggers have listed; tell whether everything must be looked at."""
    kept = {"taken_tree": "tree_clusters_changed_tree", "taken_region": "tree_clusters_changed_region"}
    for name, source in kept.items():
        if dry_run:
            cursor.execute(f"INSERT INTO {name} SELECT * FROM {source}")  # noqa: S608 - names of ours
        else:
            part = "incremental_take_trees" if name == "taken_tree" else "incremental_take_regions"
            cursor.execute(statement(part))
    return everything_is_marked(cursor, "taken_region")


def everything_is_marked(cursor: Cursor, table: str = "tree_clusters_changed_region") -> bool:
    """Tell whether a list of changed regions says that everything must be looked at."""
    cursor.execute(
        sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE region_id IS NULL AND area IS NULL)").format(
            sql.Identifier(table)
        )
    )
    return bool(only_row(cursor)[0])


def take_ranges(cursor: Cursor, ids: tuple[int, int] = EVERY_ID, *, dry_run: bool = False) -> bool:
    """Take what is recorded to be looked at again within these ids; tell whether there was something."""
    if dry_run:
        cursor.execute("INSERT INTO taken_range SELECT first_id, last_id FROM tree_clusters_look_again")
    else:
        cursor.execute(statement("incremental_take_ranges"), {"first": ids[0], "last": ids[1]})
    return cursor.rowcount > 0


def gather(cursor: Cursor, everything: bool, ids: tuple[int, int] = EVERY_ID) -> int:
    """Fill `work` with the trees to look at; give their number."""
    if everything:
        cursor.execute(statement("incremental_work_everything"))
    else:
        cursor.execute("ANALYZE taken_tree, taken_region, taken_range")
        cursor.execute(statement("incremental_work"), {"first": ids[0], "last": ids[1]})
    number = cursor.rowcount
    cursor.execute("ANALYZE work")
    return number


def find_regions(cursor: Cursor, *, indexed: bool) -> Found:
    """Work out which regions the trees in `work` are in, and where that differs from rows that are there.

    `indexed`: the indexes of upgrade.sql are there, so that searching them is always better than reading
    all regions, which the planner tends to think otherwise of.
    """
    cursor.execute(statement("incremental_tiles"))
    cursor.execute("ANALYZE tile")
    search(cursor, indexed, "incremental_candidates", "candidate")
    search(cursor, indexed, "incremental_hit_regions", "hit_region")
    search(cursor, indexed, "incremental_hit_zooms", "hit_zoom")
    for part, made in (
        ("incremental_covers", "cover"),
        ("incremental_tile_regions", "tile_region"),
        ("incremental_tested", "tested"),
        ("incremental_wanted", "wanted"),
        ("incremental_differing", "differing"),
        ("incremental_surplus", "surplus"),
    ):
        cursor.execute(statement(part), {"known": True})
        cursor.execute(f"ANALYZE {made}")
    cursor.execute(statement("incremental_without_rows"))
    without_rows = dict(cursor.fetchall())
    cursor.execute(
        "SELECT region_id FROM hit_region WHERE valid IS NOT TRUE ORDER BY 1 LIMIT %s", (NAMED_REGIONS,)
    )
    return Found(without_rows, tuple(number for (number,) in cursor.fetchall()))


def search(cursor: Cursor, indexed: bool, name: str, made: str) -> None:
    """Run a statement that looks few rows up in a very large table."""
    if indexed:
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    cursor.execute(statement(name))
    if indexed:
        cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")
    cursor.execute(f"ANALYZE {made}")


def foretell(cursor: Cursor) -> Rows:
    """Count what `write` would do."""
    cursor.execute(statement("incremental_foretold"), {"known": False})
    return Rows(*only_row(cursor))


def write(cursor: Cursor) -> Rows:
    """Write the rows that differ and settle the trees."""
    counts = {}
    for part in ("delete_rows", "change_rows", "add_missing", "add_rows", "settle"):
        cursor.execute(statement(f"incremental_{part}"), {"known": False})
        counts[part] = cursor.rowcount
    return Rows(
        inserted=counts["add_missing"] + counts["add_rows"],
        changed=counts["change_rows"],
        deleted=counts["delete_rows"],
        settled=counts["settle"],
    )


def leave_to_the_next(cursor: Cursor, settings: TreeClusterSettings, *, everything: bool) -> None:
    """Record for the other steps what has changed."""
    if everything:
        cursor.execute(statement("incremental_leave_everything"))
        return
    cursor.execute(statement("incremental_leave_view"))
    cursor.execute(statement("incremental_leave_cells"), {"side": cell_side(settings.cluster_distance)})
