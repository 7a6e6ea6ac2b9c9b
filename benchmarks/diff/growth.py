"""Does the cost of `replant diff` grow with the rows, and its memory not? Narrow tables, by both ways.

.venv/bin/python -m benchmarks.diff.growth [--rows 1000000 10000000]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.diff.measure import OURS, measure
from benchmarks.diff.rows import MOST_MEMORY_MB
from benchmarks.record import Benchmark, Row, record
from engines.databases import connected, create_database, libpq_url
from engines.places import CACHE
from engines.postgres import Cluster

# 100 rows differ, whatever the number of rows.
_TABLES = """
CREATE TABLE left_rows (id int PRIMARY KEY, v int, w float8);
INSERT INTO left_rows SELECT i, i % 1000, i / 7.0 FROM generate_series(1, {rows}) i;
CREATE TABLE right_rows (LIKE left_rows INCLUDING ALL);
INSERT INTO right_rows
SELECT id, CASE WHEN id % ({rows} / 100) = 0 THEN -1 ELSE v END, w FROM left_rows;
"""


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    options = parser.parse_args()
    (CACHE / "bench-home").mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    first: dict[str, float] = {}
    for number in options.rows:
        for where, cpu, memory in _measured(number):
            first.setdefault(where, cpu / number)
            title = f"{number:,} rows, {where}"
            rows.append(Row(title, cpu, "linear growth", first[where] * number, "CPU s"))
            rows.append(Row(title, memory, "target", MOST_MEMORY_MB, "MB"))
            print(rows[-2:], file=sys.stderr, flush=True)
    print(
        record(
            Benchmark(
                name="diff-growth",
                title="replant diff: growth with the rows",
                command=f"python -m benchmarks.diff.growth --rows {' '.join(map(str, options.rows))}",
                rows=rows,
                remarks=[
                    "Tables of int key, int and float8, of which 100 rows differ. CPU of client and server."
                ],
            )
        )
    )


def _measured(rows: int) -> list[tuple[str, float, float]]:
    """Give CPU seconds and memory in MB for one database and for two."""
    found = []
    options = {"autovacuum": "off", "max_wal_size": "8GB"}
    with TemporaryDirectory() as folder, Cluster(Path(folder), durable=False, options=options) as cluster:
        one = create_database(cluster.url(), "one")
        with connected(one, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(_TABLES.format(rows=rows))
            cursor.execute("VACUUM (ANALYZE, FREEZE)")
        two = create_database(cluster.url(), "two", template="one")
        for where, other in (("one database", one), ("two databases", two)):
            left, right = (libpq_url(one), "left_rows"), (libpq_url(other), "right_rows")
            made = measure(OURS, left, right, cluster.pid)
            if made.found is None or made.found["changed"] != 100:
                raise SystemExit(f"wrong answer: {made.found} {made.error}")
            found.append((where, made.cpu_seconds, made.memory_mb))
    return found


if __name__ == "__main__":
    main()
