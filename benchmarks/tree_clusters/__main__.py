"""`incremental` beside `faithful`: first load, every two hours, nothing new, deactivations, growth.

    .venv/bin/python -m benchmarks.tree_clusters [--grid production|east-africa|small]
        [--base 1000000] [--growth 100000,5000000]

Builds production's regions (6.6 million, 4 GB, about 6 minutes on a quiet machine) in a PostgreSQL of its
own and drops all of it afterwards. Rows are checked to be equal in the same run. `--grid east-africa` has
the 10 km and 5 km cells only there (190,000 regions); `--grid small` tries the script itself, and
only prints.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.record import Benchmark, Row, record
from benchmarks.tree_clusters import world
from comparison.tables import compare_output
from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from engines.progress import Stages
from pipelines import catalog

PIPELINE = catalog.find("tree_clusters")
SERVER = {
    "shared_buffers": "2GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "maintenance_work_mem": "512MB",
    "work_mem": "64MB",
    "autovacuum": "off",  # cases are vacuumed by hand in between
}
NEW, OFF = 10_000, 1_000
SMALLER = (
    "The targets (50x at 10,000 new on 1,000,000, among others) are for `--grid production --base 1000000`;"
    " on a smaller grid and base the original's fixed costs hardly show, and this says nothing about them."
)


@dataclass
class Timed:
    """One run: its steps' seconds and results."""

    seconds: dict[str, float] = field(default_factory=dict)
    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    def where(self) -> str:
        """Say where the time went."""
        return ", ".join(f"{name} {took:.2f}" for name, took in self.seconds.items())


def run(url: str, variant: str) -> Timed:
    """Run every step on a connection of its own, as an engine does."""
    settings = catalog.settings_for(PIPELINE, {"variant": variant})
    timed = Timed()
    for step in PIPELINE.steps:
        with connected(url) as connection:
            began = time.monotonic()
            timed.results[step.name] = step.run(
                connection, settings, *(timed.results[name] for name in step.needs)
            )
            timed.seconds[step.name] = time.monotonic() - began
    return timed


def check_equal(ours: str, theirs: str) -> None:
    """End with an error if the two databases' rows differ."""
    for output in PIPELINE.outputs:
        if output.name == "clusters":
            found = compare_output(ours, theirs, output)
            assert not (found.missing or found.extra), found
        elif output.name != "trees":  # trees in no region: settled by ours, retried for ever by the original
            assert world.rows_hash(ours, output.query) == world.rows_hash(theirs, output.query), output.name


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", choices=world.GRIDS, default="production")
    parser.add_argument("--base", type=int, default=1_000_000)
    parser.add_argument("--growth", default="100000,5000000", help="other sizes of the base; empty: none")
    options = parser.parse_args()
    growth = [int(size) for size in options.growth.split(",") if size]
    rows: list[Row] = []
    with ExitStack() as stack, Stages(9 + 2 * len(growth)) as stages:
        logs = Path(stack.enter_context(TemporaryDirectory()))
        cluster = stack.enter_context(Cluster(logs, options=SERVER))
        stages.begin("building the regions")
        original = create_database(cluster.url(), "original")
        began = time.monotonic()
        number = world.build_regions(original, options.grid)
        remark = (
            f"{number:,} regions, built in {time.monotonic() - began:.0f} s. Load of the machine, which has"
            f" {os.cpu_count()} cores, at the start: {os.getloadavg()[0]:.1f}."
        )
        rows += base_cases(cluster, original, options.base, stages)
        for size in growth:
            rows.append(growth_case(cluster, size, rows, stages))
    remarks = [remark] if options.grid == "production" else [remark, SMALLER]
    if options.grid == "small":
        for row in rows:
            print(row)
        print(remark)
        return
    command = (
        f"python -m benchmarks.tree_clusters --grid {options.grid} --base {options.base}"
        f" --growth {options.growth!r}"
    )
    title = "tree_clusters: incremental beside faithful"
    print(record(Benchmark("tree_clusters", title, command, rows, remarks=remarks)))


def base_cases(cluster: Cluster, original: str, base: int, stages: Stages) -> list[Row]:
    """First load of the base, then what comes every two hours."""
    stages.begin("copying the regions")
    pristine = create_database(cluster.url(), "pristine", template="original")
    world.upgrade(pristine)
    run(pristine, "incremental")  # empties the list that says: look at everything
    ours = create_database(cluster.url(), "ours", template="pristine")
    stages.begin(f"planting {base:,} trees")
    for url in (ours, original):
        world.add_trees(url, 1, base)
    rows = []
    stages.begin(f"first load of {base:,}: incremental")
    fast = run(ours, "incremental")
    floor = world.bare_copy_seconds(ours, 1)
    stages.begin(f"first load of {base:,}: faithful")
    slow = run(original, "faithful")
    check_equal(ours, original)
    rows.append(Row(f"{base:,} first load", fast.total, "faithful", slow.total, "s", fast.where()))
    rows.append(Row(f"{base:,} first load", fast.total, "bare COPY of its rows", floor, "s"))
    stages.begin(f"{NEW:,} new")
    for url in (ours, original):
        world.add_trees(url, base + 1, NEW)
    fast, slow = run(ours, "incremental"), run(original, "faithful")
    check_equal(ours, original)
    case = f"{NEW:,} new on {base:,}"
    rows.append(Row(case, fast.total, "faithful", slow.total, "s", fast.where()))
    rows.append(Row(case, fast.total, "bare COPY of its rows", world.bare_copy_seconds(ours, base + 1), "s"))
    stages.begin("nothing new")
    idle = run(ours, "incremental")
    rows.append(Row(f"nothing new, {base:,}", idle.total, "target", 0.2, "s", idle.where()))
    stages.begin(f"{OFF:,} deactivated")
    with connected(ours) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE trees SET active = false WHERE id IN (SELECT id FROM trees WHERE active"
            " ORDER BY hashint8(id) LIMIT %s)",
            (OFF,),
        )
    off = run(ours, "incremental")
    rows.append(Row(f"{OFF:,} deactivated of {base:,}", off.total, "target", 1.0, "s", off.where()))
    for name in ("ours", "original"):
        drop_database(cluster.url(), name)
    return rows


def growth_case(cluster: Cluster, size: int, rows: list[Row], stages: Stages) -> Row:
    """The every-two-hours case on a base of another size, beside the same on the first base."""
    first = next(row for row in rows if row.case.startswith(f"{NEW:,} new on"))
    stages.begin(f"loading {size:,} trees")
    url = create_database(cluster.url(), "grown", template="pristine")
    world.add_trees(url, 1, size)
    run(url, "incremental")
    world.tidy(url)
    stages.begin(f"{NEW:,} new on {size:,}")
    world.add_trees(url, size + 1, NEW)
    timed = run(url, "incremental")
    drop_database(cluster.url(), "grown")
    return Row(f"{NEW:,} new on {size:,}", timed.total, first.case, first.ours, "s", timed.where())


if __name__ == "__main__":
    main()
