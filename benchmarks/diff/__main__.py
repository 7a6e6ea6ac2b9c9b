"""`replant diff` beside a bare query, a bare COPY and other tools, on the same tables in the same run.

    .venv/bin/python -m benchmarks.diff [--rows N] [--repeat N] [--only one|two] [--without-peers]

CPU seconds are those of the client and of the server, less what the same program takes on two empty tables
(its start). Runs of ours and of the bare query alternate; medians are shown. Peers run once, on the tables
that differ in 0.1 % of their rows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.diff.measure import OURS, PEERS_PYTHON, Measured, measure
from benchmarks.diff.rows import Case, benchmark
from benchmarks.record import record
from engines.databases import connected, create_database, libpq_url
from engines.places import CACHE, CHECKOUT
from engines.postgres import Cluster

TABLES = ("different_rows", "equal_rows", "shuffled_rows")
PEERS_ONE = ("except_all", "duckdb_scanner", "reladiff", "datacompy_polars", "datacompy_pandas")
PEERS_TWO = ("reladiff",)
"""The others do the same work wherever the tables are."""


@dataclass(frozen=True)
class Servers:
    """The server, and its two databases."""

    pid: int
    one: str
    two: str


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--only", choices=("one", "two"), help="one database, or two")
    parser.add_argument("--name", default="diff", help="of the result (default diff)")
    options = parser.parse_args()
    peers = not options.without_peers and prepare_peers()
    (CACHE / "bench-home").mkdir(parents=True, exist_ok=True)
    cases = []
    with servers(options.rows) as measured:
        for table in TABLES:
            for two in {"one": (False,), "two": (True,), None: (False, True)}[options.only]:
                cases.append(_case(measured, table, two, options.repeat, peers))
                path = record(benchmark(options.name, options.rows, options.repeat, cases))
    print(path)


def prepare_peers() -> bool:
    """Make the peers' environment if it is not there."""
    if not PEERS_PYTHON.exists():
        uv = str(CHECKOUT / ".cache" / "bootstrap" / "bin" / "uv")
        folder = PEERS_PYTHON.parent.parent
        wanted = CHECKOUT / "requirements" / "bench.txt"
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", str(folder), "--require-hashes", "-r", str(wanted)],
            check=True,
        )
    return True


@contextmanager
def servers(rows: int) -> Iterator[Servers]:
    """Start a server with two databases that hold the same tables."""
    statements = Path(__file__).with_name("tables.sql").read_text().replace(":rows", str(rows))
    options = {"autovacuum": "off", "max_wal_size": "8GB"}
    with TemporaryDirectory() as folder, Cluster(Path(folder), durable=False, options=options) as cluster:
        one = create_database(cluster.url(), "one")
        with connected(one, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(statements)
            cursor.execute("VACUUM (ANALYZE, FREEZE)")
        two = create_database(cluster.url(), "two", template="one")
        with connected(two, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
        yield Servers(cluster.pid, libpq_url(one), libpq_url(two))


def _case(servers: Servers, table: str, two: bool, repeat: int, peers: bool) -> Case:
    """Measure ours and the bare query in turn, then each peer once."""
    bare = "bare_copy" if two else "bare_join"
    found: dict[str, list[Measured]] = {OURS: [], bare: []}
    for _ in range(repeat):
        for method in (OURS, bare):
            found[method].append(_measure(servers, method, table, two))
    if peers and table == "different_rows":
        for method in PEERS_TWO if two else PEERS_ONE:
            found[method] = [_measure(servers, method, table, two)]
    starts = {method: _measure(servers, method, None, two).cpu_seconds for method in found}
    for method, runs in found.items():
        shown = median(run.cpu_seconds for run in runs) - starts[method]
        print(
            json.dumps([table, "two" if two else "one", method, round(shown, 2), runs[-1].error]),
            file=sys.stderr,
            flush=True,
        )
    return Case(table, two, found, starts)


def _measure(servers: Servers, method: str, table: str | None, two: bool) -> Measured:
    left, right = ("left_rows", table) if table else ("none_left", "none_right")
    return measure(method, (servers.one, left), (servers.two if two else servers.one, right), servers.pid)


if __name__ == "__main__":
    main()
