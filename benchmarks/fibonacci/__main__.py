"""Forty tasks of microseconds and ten of half a second, on each engine and mode, default and tuned.

    .venv/bin/python -m benchmarks.fibonacci [--repeat N] [--only ENGINE]

Every figure is the median of N runs, each after a warm-up; the engines take turns, each alone on the
machine.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.fibonacci.cases import CASES, Case, Measured, Mode
from benchmarks.record import Benchmark, Row, record
from engines.postgres import Cluster
from engines.progress import Stages
from engines.workspace import workspace

ENGINES = ("plain", "airflow", "prefect")
MODES = ("in-process", "dispatched")
# engine, mode, tuned, case
Key = tuple[str, Mode, bool, Case]


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--only", choices=ENGINES, help="one engine, shown and not recorded")
    options = parser.parse_args()
    engines = (options.only,) if options.only else ENGINES
    measured: list[Measured] = []
    load = os.getloadavg()[0]
    with workspace() as folder, Stages(2 * len(engines) * options.repeat) as stages:
        for tuned in (False, True):
            for engine in engines:
                measured += _measure(engine, folder, tuned, options.repeat, stages)
    rows = rows_of(measured)
    if options.only:
        for row in rows:
            print(f"{row.case}: {row.ours:.3f} s; a task is {row.note}")
        return
    print(
        record(
            Benchmark(
                name="fibonacci",
                title="What a task costs",
                command=f"python -m benchmarks.fibonacci --repeat {options.repeat}",
                rows=rows,
                versions={"prefect": version("prefect")},
                remarks=remarks_of(measured, load),
            )
        )
    )


def _measure(engine: str, folder: Path, tuned: bool, repeats: int, stages: Stages) -> list[Measured]:
    """Measure one engine with one kind of settings, on a metadata server of its own."""
    of_engine = importlib.import_module(f"benchmarks.fibonacci.{engine}")
    own = folder / f"{engine}-{'tuned' if tuned else 'default'}"
    own.mkdir(mode=0o700)
    with Cluster(own, name="postgres", durable=False) as cluster:
        found = []
        for number, one in enumerate(of_engine.measure(own, cluster.url(), tuned=tuned, repeats=repeats)):
            if number % (len(CASES) * len(MODES)) == 0:
                stages.begin(f"{engine}, {'tuned' if tuned else 'default'} settings")
            found.append(one)
        return found


def rows_of(measured: Sequence[Measured]) -> list[Row]:
    """Give a row per engine, mode, settings and case, beside the plain loop; then Prefect beside Airflow."""
    seconds = _medians(measured)
    task_is = {(one.engine, one.mode): one.task_is for one in measured}
    rows = []
    for (engine, mode, tuned, case), ours in seconds.items():
        if engine == "plain":
            continue
        plain = seconds.get(("plain", mode, tuned, case))
        per_task = ours / case.tasks * 1000
        note = f"{per_task:.0f} ms per task; a task is {task_is[engine, mode]}"
        rows.append(Row(f"{engine}, {_words(case, mode, tuned)}", ours, "plain loop", plain, "s", note))
    for (engine, mode, tuned, case), peer in seconds.items():
        ours_or_none = seconds.get(("prefect", mode, tuned, case))
        if engine == "airflow" and ours_or_none is not None:
            rows.append(
                Row(f"prefect, {_words(case, mode, tuned)}", ours_or_none, "airflow", peer, "s", "both above")
            )
    return rows


def remarks_of(measured: Sequence[Measured], load: float) -> list[str]:
    """Say in sentences what the table must not be read without; `load` is the machine's before it began."""
    cores = os.cpu_count() or 1
    busy = [
        f"The machine was busy with other work (load {load:.0f} on {cores} cores): the times are longer than "
        "on a quiet one, and the ratios rough."
    ]
    tasks = sorted({f"{one.engine}, {one.mode}: {one.task_is}" for one in measured})
    return [
        *(busy if load > cores / 2 else []),
        "A task is not the same thing everywhere. " + "; ".join(tasks) + ".",
        "Much of a dispatched run is a fixed cost, so the ratio depends on the number of tasks: "
        "do not extrapolate from one row.",
    ]


def _medians(measured: Sequence[Measured]) -> Mapping[Key, float]:
    all_seconds: dict[Key, list[float]] = defaultdict(list)
    for one in measured:
        all_seconds[one.engine, one.mode, one.tuned, one.case].append(one.seconds)
    return {key: median(values) for key, values in all_seconds.items()}


def _words(case: Case, mode: str, tuned: bool) -> str:
    return f"{case.name}, {mode}, {'tuned' if tuned else 'default'}"


if __name__ == "__main__":
    main()
