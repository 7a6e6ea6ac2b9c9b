"""What the harness adds to a dispatched run: the same run sampled and not sampled, in ABBA order.

    .venv/bin/python -m benchmarks.harness [--pairs N] [--trees N]

The target is at most 5 %. The clone of the input is made before the run's clock starts, as in a
comparison. The engines are tuned for quick pick-up: with default settings a run first waits up to ten
seconds for the worker's next look, and what is measured drowns in that.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.record import Benchmark, Row, record
from comparison.timings.ratio import ratio_of
from engines.progress import Stages
from engines.run import EngineName, RunRequest
from engines.session import Session, SessionOptions, open_session
from engines.snapshot import Snapshot, snapshot_of
from pipelines import catalog

ENGINES: tuple[EngineName, ...] = ("airflow", "prefect")


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--trees", type=int, default=10_000)
    options = parser.parse_args()
    pipeline = catalog.find("tree_clusters")
    rows = []
    with ExitStack() as stack, Stages(2 + len(ENGINES) * (1 + 2 * options.pairs)) as stages:
        stages.begin("starting PostgreSQL and the engines")
        logs = Path(stack.enter_context(TemporaryDirectory()))
        session = stack.enter_context(open_session(SessionOptions(ENGINES, "dispatched", logs, tuned=True)))
        snapshot = stack.enter_context(
            snapshot_of(
                session.server_url,
                pipeline,
                "sample",
                lambda url: pipeline.fill_sample(url, options.trees, 1),
            )
        )
        for engine in ENGINES:
            stages.begin(f"starting {engine}")
            session.start(engine)
            rows.append(_measure(session, snapshot, engine, options.pairs, logs, stages))
    path = record(
        Benchmark(
            name="harness",
            title="What the harness adds to a dispatched run",
            command=f"python -m benchmarks.harness --pairs {options.pairs} --trees {options.trees}",
            rows=rows,
            remarks=[
                "Target: at most 1.05. The interval is a 95 % bootstrap of the medians' ratio, by pairs. "
                "Settings tuned for quick pick-up, so that a run does not wait for a worker's next look."
            ],
        )
    )
    print(path)


def _measure(
    session: Session, snapshot: Snapshot, engine: EngineName, pairs: int, logs: Path, stages: Stages
) -> Row:
    """Run ABBA, with one warm-up of each kind that does not count."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    order = [True, False]
    for pair in range(pairs):
        order += [True, False] if pair % 2 else [False, True]
    for number, metered in enumerate(order):
        label = f"harness-{number}-{engine}"
        if number >= 2:
            stages.begin(f"{engine}, {'sampled' if metered else 'not sampled'}")
        folder = logs / label
        folder.mkdir()
        with snapshot.clone(label) as url:
            run = session.run(engine, RunRequest("tree_clusters", url, folder, label=label), metered=metered)
        if run.state != "success":
            raise SystemExit(f"A run on {engine} failed: {run.error}")
        if number >= 2:
            seconds[metered].append(run.seconds)
    ratio = ratio_of(seconds[False], seconds[True])
    return Row(
        case=f"{engine}, dispatched, {pairs} pairs",
        ours=median(seconds[True]),
        peer_name="not sampled",
        peer=median(seconds[False]),
        unit="s",
        interval=(ratio.low, ratio.high) if ratio.low is not None and ratio.high is not None else None,
    )


if __name__ == "__main__":
    main()
