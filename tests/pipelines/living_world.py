"""A world that changes while runs come and go: the state machine of the variant `incremental`, and its model.

The model keeps what is in the tables of trees and regions; after a run that nothing disturbed, what the
pipeline has written must be what the model says.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg2
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, precondition, rule
from shapely import Point, Polygon

from pipelines import catalog
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import oracle, worlds
from tests.pipelines.watched import breaking

Place = tuple[float, float] | str | None
"""A position, well-known text of something that is none, or nothing."""
BAD_PLACES = ("POINT EMPTY", "POINT(200 0)", "POINT(0 -91)", "POINT(NaN 1)")
ZOOMS = (1, 2, 14)

# Steps of a quarter of the cluster distance: borders are hit, and distances just at the limit.
lattice = st.integers(0, 24).map(lambda step: step / 800)
corner = st.integers(0, 6).map(lambda step: step / 200)
places = st.one_of(
    st.tuples(lattice, lattice),
    st.tuples(lattice, lattice),
    st.tuples(st.floats(0, 0.03), st.floats(0, 0.03)),
    st.sampled_from((None, *BAD_PLACES)),
)
priorities = st.one_of(st.none(), st.integers(0, 2))


@st.composite
def outlines(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    """Draw a rectangle or triangle on the lattice."""
    west, east = sorted(draw(st.lists(corner, min_size=2, max_size=2, unique=True)))
    south, north = sorted(draw(st.lists(corner, min_size=2, max_size=2, unique=True)))
    corners = ((west, south), (east, south), (east, north), (west, north))
    return corners[: draw(st.sampled_from((3, 4, 4)))]


def text_of(place: Place) -> str | None:
    """Give a place as well-known text."""
    return f"POINT({place[0]!r} {place[1]!r})" if isinstance(place, tuple) else place


def multipolygon(corners: tuple[tuple[float, float], ...]) -> str:
    """Give an outline as well-known text."""
    ring = ", ".join(f"{x!r} {y!r}" for x, y in (*corners, corners[0]))
    return f"MULTIPOLYGON((({ring})))"


class Model:
    """What the tables of trees and regions hold."""

    def __init__(self) -> None:
        self.trees: dict[int, tuple[Place, bool]] = {}
        self.settled: set[int] = set()
        self.regions: dict[int, tuple[tuple[float, float], ...]] = {}
        self.zooms: dict[tuple[int, int], int | None] = {}

    def rows(self) -> set[tuple[int, int, int]]:
        """Give what tree_region must hold.

        Inside before on the border, higher priority, none last, lower id; only for settled trees.
        """
        shapes = {number: Polygon(corners) for number, corners in self.regions.items()}
        best: dict[tuple[int, int], tuple[tuple[bool, float, int], int]] = {}
        for tree, (place, _) in self.trees.items():
            if tree not in self.settled or not isinstance(place, tuple):
                continue
            point = Point(place)
            for (region, zoom_level), priority in self.zooms.items():
                shape = shapes[region]
                if not shape.intersects(point):
                    continue
                rank = (shape.contains(point), float("-inf") if priority is None else priority, -region)
                if (tree, zoom_level) not in best or rank > best[tree, zoom_level][0]:
                    best[tree, zoom_level] = (rank, region)
        return {(tree, zoom_level, region) for (tree, zoom_level), (_, region) in best.items()}

    def clusters(self) -> Counter[tuple[int, float, float]]:
        """Give what clusters must hold."""
        located = [place for place, active in self.trees.values() if active and isinstance(place, tuple)]
        return oracle.clusters(located, 0.005)


class LivingWorld(RuleBasedStateMachine):
    """Changes and runs in any order; set `first` and `second` to connections to one database."""

    first: Connection
    second: Connection
    trees = Bundle("trees")
    regions = Bundle("regions")

    @initialize(run_first=st.booleans())
    def start(self, run_first: bool) -> None:
        self.model = Model()
        self.next_id = 0
        self._active_when_assigned: set[int] = set()
        with self.first, self.first.cursor() as cursor:
            cursor.execute("TRUNCATE trees, region, region_zoom, region_type RESTART IDENTITY CASCADE")
            cursor.execute("INSERT INTO region_type (type) VALUES ('one'), ('two')")
        if run_first:
            self.run()

    def _do(self, statement: str, *values: Any) -> None:
        with self.first, self.first.cursor() as cursor:
            cursor.execute(statement, values)

    def _number(self) -> int:
        self.next_id += 1
        return self.next_id

    @rule(target=trees, place=places, active=st.booleans())
    def plant(self, place: Place, active: bool) -> int:
        number = self._number()
        self.model.trees[number] = (place, active)
        self._do(
            "INSERT INTO trees (id, estimated_geometric_location, active)"
            " VALUES (%s, ST_GeomFromText(%s, 4326), %s)",
            number, text_of(place), active,
        )  # fmt: skip
        return number

    @rule(tree=trees, place=places)
    def move(self, tree: int, place: Place) -> None:
        if tree in self.model.trees:
            self.model.trees[tree] = (place, self.model.trees[tree][1])
        self._do(
            "UPDATE trees SET estimated_geometric_location = ST_GeomFromText(%s, 4326) WHERE id = %s",
            text_of(place), tree,
        )  # fmt: skip

    @rule(tree=trees, active=st.booleans())
    def activate(self, tree: int, active: bool) -> None:
        if tree in self.model.trees:
            self.model.trees[tree] = (self.model.trees[tree][0], active)
        self._do("UPDATE trees SET active = %s WHERE id = %s", active, tree)

    @rule(tree=trees)
    def fell(self, tree: int) -> None:
        self.model.trees.pop(tree, None)
        self.model.settled.discard(tree)
        self._do("DELETE FROM trees WHERE id = %s", tree)

    @rule(target=regions, corners=outlines(), zooms=st.dictionaries(st.sampled_from(ZOOMS), priorities))
    def add_region(self, corners: tuple[tuple[float, float], ...], zooms: dict[int, int | None]) -> int:
        number = self._number()
        self.model.regions[number] = corners
        self._do(
            "INSERT INTO region (id, type_id, geom, centroid) SELECT %s, 1, shape, ST_Centroid(shape)"
            " FROM ST_GeomFromText(%s, 4326) AS shape",
            number, multipolygon(corners),
        )  # fmt: skip
        for zoom_level, priority in zooms.items():
            self.show_region(number, zoom_level, priority)
        return number

    @rule(region=regions, corners=outlines(), centroid=st.booleans())
    def redraw_region(self, region: int, corners: tuple[tuple[float, float], ...], centroid: bool) -> None:
        if region in self.model.regions:
            self.model.regions[region] = corners
        self._do(
            "UPDATE region SET geom = ST_GeomFromText(%s, 4326) WHERE id = %s", multipolygon(corners), region
        )
        if centroid:
            self._do(
                "UPDATE region SET centroid = ST_Centroid(geom), type_id = 3 - type_id WHERE id = %s", region
            )

    @rule(region=regions, zoom_level=st.sampled_from(ZOOMS), priority=priorities)
    def show_region(self, region: int, zoom_level: int, priority: int | None) -> None:
        if region not in self.model.regions:
            return
        if (region, zoom_level) in self.model.zooms:
            change = "UPDATE region_zoom SET priority = %s WHERE region_id = %s AND zoom_level = %s"
        else:
            change = "INSERT INTO region_zoom (priority, region_id, zoom_level) VALUES (%s, %s, %s)"
        self.model.zooms[region, zoom_level] = priority
        self._do(change, priority, region, zoom_level)

    @rule(region=regions)
    def remove_region(self, region: int) -> None:
        self.model.regions.pop(region, None)
        for key in [key for key in self.model.zooms if key[0] == region]:
            del self.model.zooms[key]
        self._do("DELETE FROM region_zoom WHERE region_id = %s", region)
        self._do("DELETE FROM region WHERE id = %s", region)

    @rule()
    def run(self) -> None:
        worlds.run(self.first, variant="incremental")
        self._check()

    @rule(chunk_trees=st.integers(1, 4))
    def run_in_chunks(self, chunk_trees: int) -> None:
        worlds.run(self.first, variant="incremental", chunk_trees=chunk_trees)
        self._check()

    @rule(table=st.sampled_from(("tree_region", "active_tree_region", "clusters")))
    def empty_results(self, table: str) -> None:
        [(is_table,)] = worlds.rows(
            self.second, f"SELECT relkind = 'r' FROM pg_class WHERE oid = '{table}'::regclass"
        )
        if is_table:  # the original's view is not
            worlds.run_statements(self.second, f"TRUNCATE {table}")

    @rule(steps=st.integers(1, 3), tree=trees, place=places)
    def run_interrupted_by_changes_and_another_run(self, steps: int, tree: int, place: Place) -> None:
        settings = catalog.settings_for(worlds.PIPELINE, {"variant": "incremental"})
        results: dict[str, catalog.StepResult] = {}
        for number, step in enumerate(worlds.PIPELINE.steps):
            if number == steps:
                self.model.settled |= self._active_when_assigned if steps > 1 else set()
                self.move(tree, place)
                worlds.run(self.second, variant="incremental")
            if step.name == "assign_regions":
                self._active_when_assigned = {key for key, (_, active) in self.model.trees.items() if active}
            results[step.name] = step.run(self.first, settings, *(results[name] for name in step.needs))
        self._check()

    @precondition(lambda self: bool(self.model.trees))
    @rule(statement=st.integers(1, 60), chunk_trees=st.sampled_from((50_000, 2)))
    def run_that_breaks_off(self, statement: int, chunk_trees: int) -> None:
        try:
            worlds.run(breaking(self.second, statement), variant="incremental", chunk_trees=chunk_trees)
        except psycopg2.OperationalError:
            self.second.rollback()
        self.run()

    def _check(self) -> None:
        self.model.settled |= {tree for tree, (_, active) in self.model.trees.items() if active}
        rows = self.model.rows()
        found = worlds.outputs(self.first)
        assert found["tree_region"] == sorted(rows)
        assert found["trees"] == [
            (tree, active, tree in self.model.settled)
            for tree, (_, active) in sorted(self.model.trees.items())
        ]
        shown = worlds.rows(
            self.first,
            "SELECT r.tree_id, v.zoom_level, v.region_id, v.centroid IS NOT DISTINCT FROM region.centroid,"
            " v.type_id = region.type_id FROM active_tree_region v LEFT JOIN tree_region r ON r.id = v.id"
            " LEFT JOIN region ON region.id = v.region_id",
        )
        active = {tree for tree, (_, alive) in self.model.trees.items() if alive}
        assert shown == sorted((*row, True, True) for row in rows if row[0] in active)
        assert worlds.found_clusters(self.first) == self.model.clusters()
