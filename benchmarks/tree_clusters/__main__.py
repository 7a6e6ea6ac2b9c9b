"""`incremental` beside `faithful`: first load, every two hours, nothing new, deactivations; peers.

    .venv/bin/python -m benchmarks.tree_clusters [--grid production|east-africa|small] [--first-load N]
        [--base N] [--search N] [--regions-url URL] [--peers-python PATH]

Builds production's regions (6.6 million, 4 GB, 6 to 9 minutes) in a PostgreSQL of its own and drops all of
it afterwards. `python -m benchmarks.tree_clusters.world URL` builds them once for several runs: with that URL
as `--regions-url` they are copied on that server, in databases named bench_*. Rows are checked to be equal in
the same run. `--grid east-africa` has the 10 km and 5 km cells only there (190,000 regions); `--grid small`
tries the script itself, and only prints.

Peers run in the environment that `make bench` makes. DuckDB's spatial extension comes from its server or,
where that cannot be reached, from the package duckdb-extension-spatial, which fits only some releases of
DuckDB: `--peers-python` names an environment that has it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.record import Benchmark, Row, record
from benchmarks.tree_clusters import cases, world
from benchmarks.tree_clusters.bench import OURS, THEIRS, Bench, prepare
from engines.databases import with_database
from engines.progress import Stages

SMALLER = (
    "The targets (50x at 10,000 new on 1,000,000, among others) are for production's grid and a base of"
    " 1,000,000; on a smaller grid or base the original's fixed costs hardly show."
)


def main() -> None:
    """Measure, and record after each case: what breaks off keeps what it has."""
    options = _options()
    load = f"{os.getloadavg()[0]:.1f}"
    rows: list[Row] = []
    with ExitStack() as stack, Stages(18) as stages:
        stages.begin("making the regions")
        bench, remark = prepare(stack, options.grid, options.regions_url, stages)
        remark += (
            f" Load of the machine, which has {os.cpu_count()} cores, at the start: {load}; at the end: "
        )
        for found in _cases(bench, options):
            rows += found
            _keep(options, rows, f"{remark}{os.getloadavg()[0]:.1f}.")


def _cases(bench: Bench, options: argparse.Namespace) -> Iterator[list[Row]]:
    """Give the rows of each case in turn."""
    if options.search:
        yield cases.searches(bench, options.search, options.peers_python)
    if options.first_load:
        yield cases.first_load(bench, options.first_load)
    if options.first_load != options.base:
        yield cases.load_base(bench, options.base)
    urls = (with_database(bench.server_url, name) for name in (OURS, THEIRS))
    yield cases.every_two_hours(bench, options.base, *urls)


def _keep(options: argparse.Namespace, rows: list[Row], remark: str) -> None:
    """Record the rows; of the small grid only show the last."""
    remarks = [remark, *cases.missed(rows)]
    if options.grid != "production" or options.base < 1_000_000:
        remarks.append(SMALLER)
    if options.grid == "small":
        print(rows[-1], remark, sep="\n")
        return
    command = (
        f"python -m benchmarks.tree_clusters --grid {options.grid} --first-load {options.first_load}"
        f" --base {options.base} --search {options.search}"
    )
    title = "tree_clusters: incremental beside faithful"
    print(record(Benchmark("tree_clusters", title, command, rows, remarks=remarks)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--grid", choices=world.GRIDS, default="production")
    parser.add_argument("--first-load", type=int, default=1_000_000, help="trees of that case; 0: leave out")
    parser.add_argument("--base", type=int, default=1_000_000, help="trees there before the other cases")
    parser.add_argument("--search", type=int, default=1_000_000, help="trees that peers search; 0: none")
    parser.add_argument("--regions-url", metavar="URL", help="a database with the regions of the grid")
    parser.add_argument("--peers-python", type=Path, metavar="PATH", default=cases.PEERS_PYTHON)
    return parser.parse_args()


if __name__ == "__main__":
    main()
