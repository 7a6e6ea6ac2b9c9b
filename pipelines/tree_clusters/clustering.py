"""The step rebuild_clusters of the variant `incremental`: only clusters that trees have come to or left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pipelines.tree_clusters.linkage import Cell, CellAt, Cluster, Position, cell_side, link
from pipelines.tree_clusters.relinking import Known, Relinked, in_doubt, relink
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Cursor, only_row, statement

TREES_PER_DUE_CELL = 30
"""With fewer trees than that per due cell, reading all trees is quicker than looking the cells up."""
DISTANCE = "cluster distance and zoom level"
"""The name under which upgraded databases keep what their cells were made with."""


def all_clusters(cursor: Cursor, settings: TreeClusterSettings) -> list[Cluster]:
    """Give the clusters of all active trees, without any helper table."""
    side = cell_side(settings.cluster_distance)
    cursor.execute(statement("cells_of_all_trees"), {"side": side})
    return link(_cells(cursor), settings.cluster_distance, _scanning(cursor, side))


def rewrite_all(cursor: Cursor, settings: TreeClusterSettings) -> int:
    """Write all clusters anew on the original's schema; give their number."""
    clusters = all_clusters(cursor, settings)
    cursor.execute("DELETE FROM clusters WHERE zoom_level = %s", (settings.cluster_zoom_level,))
    _insert(cursor, settings, clusters)
    return len(clusters)


def take_due(cursor: Cursor, settings: TreeClusterSettings) -> tuple[int, bool]:
    """Take the cells that are due: their number, and whether all of them had better be made anew."""
    cursor.execute(statement("incremental_take_cells"))
    cursor.execute(
        "SELECT count(*), coalesce(bool_or(x IS NULL), false),"
        " (SELECT reltuples FROM pg_class WHERE oid = 'trees'::regclass) FROM due_cell"
    )
    number, everything, trees = only_row(cursor)
    everything = everything or number * TREES_PER_DUE_CELL > trees > 0
    made_with = f"{settings.cluster_distance!r} {settings.cluster_zoom_level}"
    cursor.execute("SELECT value FROM tree_clusters_kept WHERE name = %s", (DISTANCE,))
    kept = cursor.fetchone()
    if kept != (made_with,):
        everything = True
        cursor.execute(
            "INSERT INTO tree_clusters_kept VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (DISTANCE, made_with),
        )
    return number, everything


def rebuild_everything(cursor: Cursor, settings: TreeClusterSettings) -> int:
    """Make the cells and the clusters anew; give the number of clusters."""
    side = cell_side(settings.cluster_distance)
    cursor.execute("DELETE FROM tree_clusters_cell")
    cursor.execute(statement("incremental_all_cells"), {"side": side})
    cursor.execute("DELETE FROM clusters WHERE zoom_level = %s", (settings.cluster_zoom_level,))
    return _relink(cursor, settings, _scanning(cursor, side))


def rebuild_due(cursor: Cursor, settings: TreeClusterSettings) -> int:
    """Count the due cells again and rewrite the clusters that this touches; give how many were written."""
    side = cell_side(settings.cluster_distance)
    # The due cells are few beside the trees, whatever the planner makes of them: the index, not a scan.
    cursor.execute("SET LOCAL enable_seqscan = off")
    cursor.execute(statement("incremental_recount_cells"), {"side": side})
    cursor.execute("SET LOCAL enable_seqscan = on")
    cursor.execute("ANALYZE recounted")
    cursor.execute(statement("incremental_write_cells"))
    cursor.execute("SELECT x, y, trees, trees_left, cluster_id FROM recounted")
    recounted = cursor.fetchall()
    left = {(x, y) for x, y, _, trees_left, _ in recounted if trees_left}
    cursor.execute(statement("incremental_near_cells"))
    near = _known(cursor)
    fetch = _searching(cursor, side)
    doubted = in_doubt(near, left, settings.cluster_distance, fetch)
    if doubted:
        cursor.execute(statement("incremental_cluster_cells"), (sorted(doubted),))
        near |= _known(cursor)
    changed = {(x, y) for x, y, trees, _, _ in recounted if trees}
    relinked = relink(near, changed, doubted, _sizes(cursor, near), settings.cluster_distance, fetch)
    return _write(cursor, settings, relinked, {number for *_, number in recounted if number is not None})


def _known(cursor: Cursor) -> dict[CellAt, Known]:
    return {(x, y): Known(Cell((x, y), *rest), cluster) for x, y, *rest, cluster in cursor.fetchall()}


def _sizes(cursor: Cursor, near: Mapping[CellAt, Known]) -> dict[int, int]:
    """Give the trees of those clusters, as they were."""
    numbers = {known.cluster for known in near.values() if known.cluster is not None}
    cursor.execute("SELECT id, count FROM clusters WHERE id = ANY(%s)", (sorted(numbers),))
    return dict(cursor.fetchall())


def _write(
    cursor: Cursor, settings: TreeClusterSettings, relinked: Relinked, recounted: Collection[int]
) -> int:
    """Write what has become of the clusters, and the sums of those whose cells were counted again."""
    merged = relinked.merged
    cursor.execute(statement("incremental_merge_clusters"), (list(merged), list(merged.values())))
    _mark(cursor, [(x, y, number) for (x, y), number in relinked.moved.items()])
    _make(cursor, settings, relinked.made)
    touched = sorted(relinked.touched | set(recounted))
    cursor.execute(statement("incremental_sum_clusters"), (touched,))
    summed = cursor.rowcount
    cursor.execute(statement("incremental_drop_clusters"), (touched,))
    if summed + cursor.rowcount < len(touched):  # somebody else has deleted some
        return rebuild_everything(cursor, settings)
    return summed + len(relinked.made)


def _relink(cursor: Cursor, settings: TreeClusterSettings, fetch: _Fetching) -> int:
    """Make clusters of the cells that have none."""
    cursor.execute(
        "SELECT x, y, trees, sum_lon, sum_lat, west, south, east, north"
        " FROM tree_clusters_cell WHERE cluster_id IS NULL"
    )
    clusters = link(_cells(cursor), settings.cluster_distance, fetch)
    _make(cursor, settings, clusters)
    return len(clusters)


def _make(cursor: Cursor, settings: TreeClusterSettings, clusters: Sequence[Cluster]) -> None:
    """Insert clusters and mark their cells."""
    numbers = _insert(cursor, settings, clusters)
    _mark(
        cursor,
        [(x, y, number) for number, one in zip(numbers, clusters, strict=True) for x, y in one.cells],
    )


def _mark(cursor: Cursor, places: Sequence[tuple[int, int, int]]) -> None:
    columns, rows, owners = ([place[part] for place in places] for part in range(3))
    cursor.execute(statement("incremental_mark_cells"), (columns, rows, owners))


def _cells(cursor: Cursor) -> list[Cell]:
    return [Cell((x, y), *rest) for x, y, *rest in cursor.fetchall()]


def _insert(cursor: Cursor, settings: TreeClusterSettings, clusters: Sequence[Cluster]) -> list[int]:
    """Insert clusters; give their ids in the same order: ids rise in the order of insertion."""
    columns = (
        [cluster.trees for cluster in clusters],
        [cluster.lon for cluster in clusters],
        [cluster.lat for cluster in clusters],
    )
    cursor.execute(statement("insert_clusters"), (settings.cluster_zoom_level, *columns))
    return sorted(number for (number,) in cursor.fetchall())


class _Fetching:
    """Fetches the points of cells with one of our statements."""

    def __init__(self, cursor: Cursor, name: str, side: float) -> None:
        self._cursor = cursor
        self._name = name
        self._side = side

    def __call__(self, cells: Sequence[CellAt]) -> Mapping[CellAt, Sequence[Position]]:
        found: dict[CellAt, list[Position]] = {cell: [] for cell in cells}
        self._cursor.execute(
            statement(self._name),
            {"side": self._side, "xs": [x for x, _ in cells], "ys": [y for _, y in cells]},
        )
        for x, y, lon, lat in self._cursor.fetchall():
            found[x, y].append((lon, lat))
        return found


def _scanning(cursor: Cursor, side: float) -> _Fetching:
    """Fetch by reading all trees, for when most cells are in question."""
    return _Fetching(cursor, "points_by_scan", side)


def _searching(cursor: Cursor, side: float) -> _Fetching:
    """Fetch by the index on the trees' location."""
    return _Fetching(cursor, "points_by_index", side)
