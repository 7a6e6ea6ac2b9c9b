"""The figures as rows of a table, and the sentences that belong to them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.diff.measure import OURS, Measured
from benchmarks.record import Benchmark, Row

TITLES = {
    "bare_join": "bare FULL JOIN",
    "bare_copy": "bare COPY of both",
    "except_all": "EXCEPT ALL both ways",
    "duckdb_scanner": "DuckDB scanner, join",
    "datacompy_pandas": "datacompy on pandas",
    "datacompy_polars": "datacompy on polars",
}
CASES = {"equal_rows": "equal", "different_rows": "0.1 % different", "shuffled_rows": "shuffled"}
MOST_MEMORY_MB = 60.0


@dataclass(frozen=True)
class Case:
    """Two tables, compared by every method."""

    table: str
    two: bool
    runs: Mapping[str, Sequence[Measured]]
    starts: Mapping[str, float]
    """CPU seconds of each method on two empty tables."""

    def cpu(self, method: str) -> float | None:
        """Give the median, less the method's start; None if it failed."""
        runs = self.runs[method]
        if any(run.found is None for run in runs):
            return None
        return median(run.cpu_seconds for run in runs) - self.starts[method]


def benchmark(name: str, rows: int, repeat: int, cases: Sequence[Case]) -> Benchmark:
    """Put it all together."""
    made = [row for case in cases for row in _rows(case, rows)]
    memory = max(run.memory_mb for case in cases for run in case.runs[OURS])
    made.append(Row("memory of the client, highest", memory, "target", MOST_MEMORY_MB, "MB"))
    start = median(case.starts[OURS] for case in cases)
    remarks = [
        f"Tables of {rows:,} rows with int key, text, float8, timestamptz, jsonb, bytea. CPU of client and "
        "server, less the same program on two empty tables. "
        f"Of ours and the bare query the median of {repeat} alternating runs; peers once.",
        f"The start of ours takes {start:.2f} s of CPU, most of it imports.",
    ]
    wrong: dict[str, str] = {}
    for case in cases:
        for method, runs in case.runs.items():
            if runs[-1].found is None or _wrong(runs[-1], case, rows):
                where = f"{CASES[case.table]}, {'two databases' if case.two else 'one database'}"
                said = _answer(runs[-1]) or runs[-1].error
                wrong.setdefault(TITLES.get(method, method), f"{said} ({where})")
    remarks += [f"{method}: {said}." for method, said in wrong.items()]
    only = {case.two for case in cases}
    where = "" if len(only) > 1 else ", two databases" if True in only else ", one database"
    return Benchmark(
        name=name,
        title=f"replant diff on {rows:,} rows" + where,
        command=" ".join(["python -m benchmarks.diff", *sys.argv[1:]]),
        rows=made,
        remarks=remarks,
    )


def _rows(case: Case, rows: int) -> list[Row]:
    ours = case.cpu(OURS)
    where = "two databases" if case.two else "one database"
    made = []
    for method, runs in case.runs.items():
        if method == OURS:
            continue
        title = TITLES.get(method, "reladiff hashdiff" if case.two else "reladiff joindiff")
        memory = max(run.memory_mb for run in runs)
        note = f"peer's memory {memory:,.0f} MB" if memory > MOST_MEMORY_MB else ""
        if runs[-1].found is None:
            note = "the peer failed"
        elif _wrong(runs[-1], case, rows):
            note = "; ".join(filter(None, (note, "the peer's answer is wrong")))
        made.append(Row(f"{where}, {CASES[case.table]}", ours, title, case.cpu(method), "CPU s", note))
    return made


def _expected(case: Case, rows: int) -> tuple[int, int, int]:
    groups = rows // 5000
    return (3 * groups, groups, groups) if case.table == "different_rows" else (0, 0, 0)


def _wrong(run: Measured, case: Case, rows: int) -> bool:
    """Say whether an answer is not what was planted. Where rows are not paired, a change counts twice."""
    if run.found is None:
        return True
    changed, missing, extra = _expected(case, rows)
    found = (run.found["changed"], run.found["missing"], run.found["extra"])
    return found not in (
        (changed, missing, extra),
        (None, None, None),
        (None, changed + missing, changed + extra),
    )


def _answer(run: Measured) -> str:
    if run.found is None:
        return ""
    return f"says {run.found['changed']} changed, {run.found['missing']} missing, {run.found['extra']} extra"
