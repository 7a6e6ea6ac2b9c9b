"""Whether what comes every two hours costs the same on a base of any size.

    .venv/bin/python -m benchmarks.tree_clusters.growth [--sizes N,N,N] [--grid production|east-africa|small]
        [--regions-url URL]

The regions are built or copied as for `python -m benchmarks.tree_clusters`. Of each size the median of
three batches of 10,000 new trees; the target is at most 1.5 times the smallest, and 1.5 times the one before.
"""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack

from benchmarks.record import Benchmark, Row, record
from benchmarks.tree_clusters import world
from benchmarks.tree_clusters.bench import OURS, PRISTINE, Bench, prepare
from benchmarks.tree_clusters.cases import NEW, batches
from benchmarks.tree_clusters.runs import Timed, median_of, run, spread
from engines.progress import Stages

FLAT = 1.5


def main() -> None:
    """Measure, and record after each size: what breaks off keeps what it has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", default="100000,1000000,5000000", help="sizes of the base")
    parser.add_argument("--grid", choices=world.GRIDS, default="production")
    parser.add_argument("--regions-url", metavar="URL", help="a database with the regions of the grid")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    found: dict[int, list[Timed]] = {}
    with ExitStack() as stack, Stages(1 + 2 * len(sizes)) as stages:
        stages.begin("making the regions")
        bench, remark = prepare(stack, options.grid, options.regions_url, stages)
        for size in sizes:
            found[size] = _measure(bench, size)
            remarks = [
                f"{remark} Load of the machine, which has {os.cpu_count()} cores: {os.getloadavg()[0]:.1f}."
            ]
            rows = _rows(found)
            command = (
                f"python -m benchmarks.tree_clusters.growth --grid {options.grid} --sizes {options.sizes}"
            )
            title = "tree_clusters: 10,000 new trees on bases of several sizes"
            made = Benchmark("tree_clusters-growth", title, command, rows, remarks=remarks + _missed(rows))
            print(rows[-1] if options.grid == "small" else record(made))


def _measure(bench: Bench, size: int) -> list[Timed]:
    bench.stages.begin(f"loading {size:,} trees")
    url = bench.make(OURS, PRISTINE)
    world.add_trees(url, 1, size)
    run(url)
    world.tidy(url)
    bench.stages.begin(f"{NEW:,} new on {size:,}")
    found = batches(url, size)
    bench.drop(OURS)
    return found


def _rows(found: dict[int, list[Timed]]) -> list[Row]:
    """Give each size beside the smallest, and beside the one before."""
    sizes = sorted(found)
    rows = []
    for number, size in enumerate(sizes):
        for beside in dict.fromkeys((sizes[0], sizes[max(0, number - 1)])):
            ours, peer = median_of(found[size]).total, median_of(found[beside]).total
            case = f"{NEW:,} new on {size:,}"
            rows.append(Row(case, ours, f"on {beside:,}", peer, "s", spread(found[size])))
    return rows


def _missed(rows: list[Row]) -> list[str]:
    return [
        f"Missed: {row.case} takes {row.ratio:.3g} of what it takes {row.peer_name}, the target being {FLAT}."
        for row in rows
        if row.ratio and row.ratio > FLAT
    ]


if __name__ == "__main__":
    main()
