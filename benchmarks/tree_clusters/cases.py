"""The cases of the benchmark: each gives rows of the table, of `incremental` beside something else."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.record import Row
from benchmarks.tree_clusters import world
from comparison.tables import compare_output
from engines.databases import connected, create_database, drop_database, libpq_url
from engines.places import CACHE
from engines.progress import Stages
from pipelines import catalog

PIPELINE = catalog.find("tree_clusters")
NEW, OFF = 10_000, 1_000
FLAT = 1.5
"""How much longer the every-two-hours case may take on another base."""
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
REGIONS, PRISTINE, OURS, THEIRS = (f"bench_{name}" for name in ("regions", "pristine", "ours", "original"))


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


@dataclass(frozen=True)
class Bench:
    """A server that has the databases REGIONS and PRISTINE: the regions alone, as they are and upgraded."""

    server_url: str
    stages: Stages

    def make(self, name: str, template: str) -> str:
        """Give a database of this name, a copy of another."""
        drop_database(self.server_url, name)
        return create_database(self.server_url, name, template=template)

    def drop(self, *names: str) -> None:
        """Drop databases."""
        for name in names:
            drop_database(self.server_url, name)


def run(url: str, variant: str = "incremental", **values: Any) -> Timed:
    """Run every step on a connection of its own, a backlog in chunks side by side, as an engine does."""
    settings = catalog.settings_for(PIPELINE, {"variant": variant, **values})
    timed = Timed()
    for step in PIPELINE.steps:
        given: list[Any] = [timed.results[name] for name in step.needs]
        began = time.monotonic()
        if step.split and step.split.wanted(settings, *given):
            given.append(_in_parts(url, step.split, settings, given))
        with connected(url) as connection:
            timed.results[step.name] = step.run(connection, settings, *given)
        timed.seconds[step.name] = time.monotonic() - began
    return timed


def _in_parts(url: str, split: catalog.Split, settings: Any, given: Sequence[Any]) -> list[Any]:
    def part(one: Any) -> Any:
        with connected(url) as connection:
            return split.run_part(connection, settings, one)

    with connected(url) as connection:
        parts = split.make_parts(connection, settings, *given)
    with ThreadPoolExecutor(split.at_once(settings)) as pool:
        return list(pool.map(part, parts))


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
        if row.peer_name.startswith(f"{NEW:,} new on"):
            target = FLAT
        elif row.peer_name not in ("faithful", "bare COPY of its rows", "target"):
            continue
        if row.ratio and target == FLAT and row.ratio < 1 / FLAT:
            said.append(
                f"Missed: {row.peer_name} takes {1 / row.ratio:.3g} of {row.case}, the target being {FLAT}."
            )
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
    """What comes every two hours, on a base that both databases have."""
    bench.stages.begin(f"{NEW:,} new on {base:,}: incremental")
    for url in (ours, theirs):
        world.add_trees(url, base + 1, NEW)
    fast = run(ours)
    floor = world.bare_copy_seconds(ours, base + 1)
    bench.stages.begin(f"{NEW:,} new on {base:,}: faithful")
    slow = run(theirs, "faithful")
    equal = check_equal(ours, theirs)
    bench.drop(THEIRS)
    case = f"{NEW:,} new on {base:,}"
    rows = [
        Row(case, fast.total, "faithful", slow.total, "s", f"{fast.where()}; {equal}"),
        Row(case, fast.total, "bare COPY of its rows", floor, "s"),
    ]
    bench.stages.begin("nothing new, and deactivated")
    idle = run(ours)
    rows.append(Row(f"nothing new, {base:,}", idle.total, "target", 0.2, "s", idle.where()))
    world.deactivate(ours, OFF)
    off = run(ours)
    rows.append(Row(f"{OFF:,} deactivated of {base:,}", off.total, "target", 1.0, "s", off.where()))
    return rows


def growth(bench: Bench, size: int, base: int, at_base: float) -> Row:
    """The every-two-hours case on a base of another size, beside the same on the first base."""
    bench.stages.begin(f"loading {size:,} trees")
    url = bench.make(OURS, PRISTINE)
    world.add_trees(url, 1, size)
    run(url)
    world.tidy(url)
    bench.stages.begin(f"{NEW:,} new on {size:,}")
    world.add_trees(url, size + 1, NEW)
    timed = run(url)
    bench.drop(OURS)
    beside = f"{NEW:,} new on {base:,}"
    return Row(f"{NEW:,} new on {size:,}", timed.total, beside, at_base, "s", timed.where())


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
