"""The cases on Prefect: the flow called in a process, and dispatched to a process worker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from benchmarks.fibonacci.cases import CASES, WARM_UP, Case, Measured
from engines.call import call
from engines.places import CHECKOUT, TOOLKIT_PYTHON
from engines.prefect import PrefectEngine

FLOW = "benchmarks.fibonacci.prefect_flow:fibonacci"
IN_PROCESS = "a function call, with its state sent to the server"
DISPATCHED = "a function call in the one process of the run, with its state sent to the server"


def measure(folder: Path, metadata_url: str, *, tuned: bool, repeats: int) -> Iterator[Measured]:
    """Give each case `repeats` times in both modes, after a run of each mode that does not count."""
    engine = PrefectEngine(
        "dispatched", folder=folder / "session", log_dir=folder, metadata_url=metadata_url, tuned=tuned
    )
    with engine:
        # As a module: for a script, its own folder comes first, and with it this file, for `prefect`.
        registering = [str(TOOLKIT_PYTHON), "-m", "benchmarks.fibonacci.prefect_register"]
        subprocess.run(
            [*registering, engine.work_pool, str(CHECKOUT)],
            env=engine.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        _in_process(engine, WARM_UP, folder)
        _dispatched(engine, WARM_UP)
        for _ in range(repeats):
            for case in CASES:
                seconds = _in_process(engine, case, folder)
                yield Measured("prefect", "in-process", tuned, case, seconds, IN_PROCESS)
                yield Measured("prefect", "dispatched", tuned, case, _dispatched(engine, case), DISPATCHED)


def _in_process(engine: PrefectEngine, case: Case, folder: Path) -> float:
    answer = call(
        "the flow's process",
        [str(TOOLKIT_PYTHON), "-m", "engines.prefect.in_process"],
        {"flow": FLOW, "parameters": {"count": case.tasks, "n": case.n}},
        env=engine.environment,
        log=folder / "in-process.log",
        timeout_seconds=600,
    )
    return (
        datetime.fromisoformat(answer["ended"]) - datetime.fromisoformat(answer["requested"])
    ).total_seconds()


def _dispatched(engine: PrefectEngine, case: Case) -> float:
    requested, flow_run = engine.run_deployment("fibonacci/bench", {"count": case.tasks, "n": case.n})
    if flow_run.state is None or not flow_run.state.is_completed() or flow_run.end_time is None:
        raise SystemExit(f"The flow run {flow_run.name} did not complete: {flow_run.state}")
    return flow_run.end_time.timestamp() - requested.timestamp()
