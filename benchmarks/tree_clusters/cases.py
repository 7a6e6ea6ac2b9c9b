"""The cases of the benchmark: each gives rows of the table, of `incremental` beside something else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.record import Row
from benchmarks.tree_clusters import world
from benchmarks.tree_clusters.bench import OURS, PRISTINE, REGIONS, THEIRS, Bench
from benchmarks.tree_clusters.runs import PIPELINE, Timed, median_of, run, spread
from comparison.tables import compare_output
from engines.databases import libpq_url
from engines.places import CACHE

NEW, OFF = 10_000, 1_000
BATCHES = 3
"""Runs of ours that a median is taken of, each on further trees."""
TARGETS = {
    ("faithful", "load"): 1 / 5,
    ("faithful", "new"): 1 / 50,
    ("bare COPY of its rows", "load"): 2.0,
    ("bare COPY of its rows", "new"): 5.0,
}
"""Highest ratio, by peer and kind of case; on production's grid and a base of 1,000,000."""
PEERS_PYTHON = CACHE / "bench-diff" / "bin" / "python"
PEERS_SCRIPT = Path(__file__).with_name("peers.py")
PEER_SECONDS = 600


def check_equal(ours: str, theirs: str) -> str:
    """Say that the two databases' rows are equal; end with an error if they are not."""
    for output in PIPELINE.outputs:
        if output.name == "clusters":
            found = compare_output(ours, theirs, output)
            assert not (found.missing or found.extra), found
        elif output.name != "trees":  # trees in no region: settled by ours, retried for ever by the original
            assert world.rows_hash(ours, output.query) == world.rows_hash(theirs, output.query), output.name
    return "rows equal"


def missed(rows: Sequence[Row]) -> list[str]:
    """Say which rows miss their target, by how much, and where their time goes."""
    said = []
    for row in rows:
        target = TARGETS.get((row.peer_name, "load" if "load" in row.case else "new"), 1.0)
        if row.peer_name not in ("faithful", "bare COPY of its rows", "target"):
            continue
        if row.ratio is not None and row.ratio > target:
            where = next((one.note for one in rows if one.case == row.case and one.note), "")
            said.append(
                f"Missed: {row.case} takes {row.ratio:.3g} of {row.peer_name}, the target being {target:.3g}"
                f" ({where})."
            )
    return said


def first_load(bench: Bench, size: int) -> list[Row]:
    """The first load of so many trees; leaves both databases."""
    bench.stages.begin(f"planting {size:,} trees twice")
    ours, theirs = bench.make(OURS, PRISTINE), bench.make(THEIRS, REGIONS)
    for url in (ours, theirs):
        world.add_trees(url, 1, size)
    bench.stages.begin(f"first load of {size:,}: incremental")
    fast = run(ours)
    floor = world.bare_copy_seconds(ours, 1)
    bench.stages.begin(f"first load of {size:,}: faithful")
    slow = run(theirs, "faithful")
    equal = check_equal(ours, theirs)
    case = f"{size:,} first load"
    return [
        Row(case, fast.total, "faithful", slow.total, "s", f"{fast.where()}; {equal}"),
        Row(case, fast.total, "bare COPY of its rows", floor, "s"),
    ]


def load_base(bench: Bench, size: int) -> list[Row]:
    """A base of another size, loaded by ours and, for the original, taken back to its schema."""
    bench.stages.begin(f"planting {size:,} trees")
    ours = bench.make(OURS, PRISTINE)
    world.add_trees(ours, 1, size)
    bench.stages.begin(f"first load of {size:,}: incremental")
    fast = run(ours)
    floor = world.bare_copy_seconds(ours, 1)
    world.tidy(ours)
    bench.stages.begin(f"{size:,} trees for the original")
    theirs = bench.make(THEIRS, OURS)
    world.downgrade(theirs)
    world.tidy(theirs)
    case = f"{size:,} first load"
    return [Row(case, fast.total, "bare COPY of its rows", floor, "s", fast.where())]


def every_two_hours(bench: Bench, base: int, ours: str, theirs: str) -> list[Row]:
    """What comes every two hours, on a base that both databases have: of ours the median of some batches."""
    bench.stages.begin(f"{NEW:,} new on {base:,}: incremental")
    fast = batches(ours, base)
    floor = world.bare_copy_seconds(ours, base + (BATCHES - 1) * NEW + 1)
    bench.stages.begin(f"{NEW:,} new on {base:,}: faithful")
    [slow] = batches(theirs, base, 1, "faithful")
    for number in range(1, BATCHES):
        world.add_trees(theirs, base + number * NEW + 1, NEW)
    run(theirs, "faithful")
    equal = check_equal(ours, theirs)
    bench.drop(THEIRS)
    case, middle = f"{NEW:,} new on {base:,}", median_of(fast)
    rows = [
        Row(case, middle.total, "faithful", slow.total, "s", f"{spread(fast)}; {equal}"),
        Row(case, middle.total, "bare COPY of its rows", floor, "s"),
    ]
    bench.stages.begin("nothing new, and deactivated")
    idle = [run(ours) for _ in range(BATCHES)]
    rows.append(Row(f"nothing new, {base:,}", median_of(idle).total, "target", 0.2, "s", spread(idle)))
    off = []
    for _ in range(BATCHES):
        world.deactivate(ours, OFF)
        off.append(run(ours))
    case = f"{OFF:,} deactivated of {base:,}"
    rows.append(Row(case, median_of(off).total, "target", 1.0, "s", spread(off)))
    return rows


def batches(url: str, base: int, number: int = BATCHES, variant: str = "incremental") -> list[Timed]:
    """Add so many batches of trees to a base, and run after each, with the tables in memory."""
    done = []
    for batch in range(number):
        world.add_trees(url, base + batch * NEW + 1, NEW)
        world.warm(url)
        done.append(run(url, variant))
    return done


def searches(bench: Bench, size: int, python: Path) -> list[Row]:
    """The two searches without writing, beside libraries that do the like in memory."""
    bench.stages.begin(f"searches on {size:,} trees")
    url = bench.make(OURS, PRISTINE)
    world.add_trees(url, 1, size)
    told = run(url, dry_run=True)
    regions = told.seconds["assign_regions"]
    clusters = told.seconds["rebuild_clusters"]
    found = f"ours chooses by zoom level and priority too: {told.results['assign_regions']['rows']:,} rows"
    rows = []
    for peer, name, ours, note in (
        ("geopandas", "geopandas.sjoin", regions, found),
        ("duckdb", "DuckDB spatial", regions, found),
        ("dbscan", "sklearn DBSCAN", clusters, f"{told.results['rebuild_clusters']['clusters']:,} clusters"),
    ):
        bench.stages.begin(f"{name} on {size:,} trees")
        what = "clusters" if peer == "dbscan" else "regions"
        answer = ask_peer(python, peer, url)
        said = answer.get("failed") or f"the peer finds {answer['found']:,}"
        case = f"{what} of {size:,} trees, search alone"
        rows.append(Row(case, ours, name, answer.get("seconds"), "s", f"{note}; {said}"))
    bench.drop(OURS)
    return rows


def ask_peer(python: Path, peer: str, url: str) -> dict[str, Any]:
    """Have a peer search, in its own environment: `seconds` and `found`, or why it `failed`."""
    if not python.exists():
        return {"failed": "not installed: `make bench` does that"}
    try:
        done = subprocess.run(
            [str(python), str(PEERS_SCRIPT)],
            input=json.dumps({"url": libpq_url(url), "peer": peer}),
            text=True,
            capture_output=True,
            timeout=PEER_SECONDS,
            check=False,
        )
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"failed": f"the peer did not end within {PEER_SECONDS} s"}
    except (IndexError, ValueError):
        return {"failed": f"the peer ended with code {done.returncode}"}
    return answer
