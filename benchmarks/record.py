"""Where a benchmark's figures go: `benchmarks/results/NAME.json` and a section of `docs/benchmarks.md`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / "benchmarks" / "results"
PAGE = CHECKOUT / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Row:
    """One case: ours beside a peer, both measured in the same run."""

    case: str
    ours: float | None
    """None: it did not run; `note` says why."""
    peer_name: str
    peer: float | None
    unit: str
    note: str = ""
    interval: tuple[float, float] | None = None
    """Of the ratio, where runs were repeated."""

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's: below 1 is less than the peer."""
        return self.ours / self.peer if self.ours is not None and self.peer else None


@dataclass(frozen=True)
class Benchmark:
    """What a script measured."""

    name: str
    title: str
    command: str
    rows: Sequence[Row]
    versions: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    """Sentences below the table: what was missed and where the time goes."""


def record(benchmark: Benchmark) -> Path:
    """Write the JSON and the section of the page; give the JSON's path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{benchmark.name}.json"
    body = {
        "name": benchmark.name,
        "title": benchmark.title,
        "command": benchmark.command,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "load_before": os.getloadavg()[0],
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "versions": dict(benchmark.versions),
        "rows": [{**asdict(row), "ratio": row.ratio} for row in benchmark.rows],
        "remarks": list(benchmark.remarks),
    }
    path.write_text(json.dumps(body, indent=2) + "\n")
    _write_section(benchmark, body["made"])
    return path


def _write_section(benchmark: Benchmark, made: object) -> None:
    begin, end = f"<!-- begin {benchmark.name} -->", f"<!-- end {benchmark.name} -->"
    section = "\n".join([begin, *_section(benchmark, made), end])
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n\nWritten by `make bench`.\n"
    before, found, rest = page.partition(begin)
    page = before + section + rest.partition(end)[2] if found else f"{page.rstrip()}\n\n{section}\n"
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page)


def _section(benchmark: Benchmark, made: object) -> list[str]:
    lines = [f"## {benchmark.title}", "", f"`{benchmark.command}`, {made}, {os.cpu_count()} cores.", ""]
    lines += ["| case | ours | peer | | ratio | |", "|---|---:|---:|---|---:|---|"]
    for row in benchmark.rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        if row.interval:
            ratio += f" ({row.interval[0]:.2f} to {row.interval[1]:.2f})"
        peer = f"{_number(row.peer)} {row.peer_name}".strip()
        lines.append(f"| {row.case} | {_number(row.ours)} | {peer} | {row.unit} | {ratio} | {row.note} |")
    return [*lines, *(f"\n{remark}" for remark in benchmark.remarks)]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
