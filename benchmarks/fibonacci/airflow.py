"""The cases on Airflow: by `dag.test()` in a process, and dispatched to LocalExecutor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.fibonacci.cases import CASES, WARM_UP, Case, Measured, Mode
from engines.airflow import AirflowEngine

DAGS = Path(__file__).with_name("airflow_dags")
TASK_IS: dict[Mode, str] = {
    "in-process": "a call in the process of dag.test(), with its states written to the database",
    "dispatched": "a forked process that parses the DAG file, found and queued by the scheduler",
}
RUN_SECONDS = 600.0


def measure(folder: Path, metadata_url: str, *, tuned: bool, repeats: int) -> Iterator[Measured]:
    """Give each case `repeats` times in both modes, after a run of each mode that does not count."""
    with ExitStack() as stack:
        engines = {
            mode: stack.enter_context(
                AirflowEngine(
                    mode,
                    folder=folder / mode,
                    log_dir=folder / f"{mode}-logs",
                    metadata_url=metadata_url,
                    tuned=tuned,
                    dags_folder=DAGS,
                )
            )
            for mode in TASK_IS
        }
        for engine in engines.values():
            _once(engine, WARM_UP)
        for _ in range(repeats):
            for case in CASES:
                for mode, engine in engines.items():
                    yield Measured("airflow", mode, tuned, case, _once(engine, case), TASK_IS[mode])


def _once(engine: AirflowEngine, case: Case) -> float:
    """Run one case; give its seconds. In process they start at the call of dag.test(), after the imports."""
    if engine.mode == "in-process":
        outcome = engine.dag_test(case.dag_id, RUN_SECONDS)
        if outcome["state"] != "success":
            raise SystemExit(f"{case.dag_id} ended as {outcome['state']}: {outcome['errors']}")
        began, ended = (datetime.fromisoformat(outcome[key]) for key in ("started", "ended"))
        return (ended - began).total_seconds()
    asked = datetime.now(UTC)
    run = engine.client.trigger(case.dag_id, asked)
    run = engine.client.wait(case.dag_id, run.run_id, RUN_SECONDS)
    if run.state != "success" or run.ended is None:
        raise SystemExit(f"{case.dag_id} ended as {run.state}")
    return (run.ended - asked).total_seconds()
