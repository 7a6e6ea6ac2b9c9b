"""One run in process: `dag.test()` in a subprocess of Airflow's own environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow_client.records import moment
from engines.airflow.readout import as_result, in_order, secrets_of, task_name, task_state, warnings_of
from engines.airflow.rest_run import conf_of, connection_of, names_for
from engines.airflow.settings import Place, airflow_environment
from engines.call import call
from engines.run import Run, RunRequest, TaskRun, Usage
from pipelines import catalog
from pipelines.catalog import Pipeline
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask_values

RUNNER = Path(__file__).with_name("runner.py")
LOG = "airflow.log"


def run_in_process(
    python: Path,
    place: Place,
    request: RunRequest,
    versions: dict[str, str],
    *,
    tuned: bool,
    on_start: Callable[[int], None],
) -> Run:
    """Run the pipeline's DAG in one process, timed from the call of `dag.test()` on, imports not counted.

    Raises CannotProceedError if the DAG cannot be imported or Airflow does not answer.
    """
    pipeline = catalog.find(request.pipeline)
    names = names_for(request.label)
    connection = asdict(connection_of(request.database_url, names.connection))
    # The name is in the variable's name; an unknown field would be refused.
    del connection["connection_id"]
    secret = {f"AIRFLOW_CONN_{names.connection.upper()}": json.dumps(connection)}
    if request.webhook_url:
        secret[f"AIRFLOW_VAR_{names.slack_variable.upper()}"] = request.webhook_url
    outcome = dag_test(
        python,
        place,
        DagTest(pipeline.airflow_dag_id, conf_of(request, names), secret, secrets_of(request)),
        env=airflow_environment(place, tuned=tuned),
        log=request.log_dir / LOG,
        timeout_seconds=request.timeout_seconds,
        on_start=on_start,
    )
    return _run(request, outcome, versions, pipeline)


@dataclass(frozen=True)
class DagTest:
    """What `dag.test()` is asked to run."""

    dag_id: str
    conf: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Connections and Variables, which must be known before Airflow is imported."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What Airflow is to mask in its log."""


def dag_test(
    python: Path,
    place: Place,
    asked: DagTest,
    *,
    env: Mapping[str, str],
    log: Path,
    timeout_seconds: float,
    on_start: Callable[[int], None],
) -> dict[str, Any]:
    """Run one DAG by `engines/airflow/runner.py`, which says what the outcome has.

    Raises CannotProceedError if the DAG cannot be imported or Airflow does not answer.
    """
    answer = call(
        "The run in Airflow's process",
        # -P: the modules beside the script are not Airflow's.
        [str(python), "-P", str(RUNNER)],
        asdict(asked) | {"dags_folder": str(place.dags_folder)},
        env=env,
        log=log,
        timeout_seconds=timeout_seconds,
        on_start=on_start,
    )
    if "cannot_run" in answer:
        told = mask_values(answer["cannot_run"], asked.secrets)
        raise CannotProceedError(f"Airflow cannot run {asked.dag_id}: {told}. See {log}.")
    outcome: dict[str, Any] = answer["outcome"]
    return outcome


def _run(
    request: RunRequest, outcome: Mapping[str, Any], versions: dict[str, str], pipeline: Pipeline
) -> Run:
    started = datetime.fromisoformat(outcome["started"])
    failed = outcome["state"] != "success"
    told = "; ".join(f"{task}: {error}" for task, error in outcome["errors"].items())
    answers = [as_result(values[key]) for values in outcome["tasks"] for key in ("result", "notice")]
    return Run(
        pipeline=request.pipeline,
        engine="airflow",
        mode="in-process",
        state="failed" if failed else "success",
        requested=started,
        started=started,
        ended=datetime.fromisoformat(outcome["ended"]),
        tasks=in_order((_task(values) for values in outcome["tasks"]), pipeline),
        engine_run_id=outcome["run_id"],
        error=mask_values(told or "Airflow ended the run as failed.", secrets_of(request))
        if failed
        else None,
        warnings=warnings_of(answers),
        usage=Usage(cpu_seconds=outcome["cpu_seconds"], peak_memory_bytes=None),
        versions=versions,
        log_dir=str(request.log_dir),
        settings=request.settings,
    )


def _task(values: Mapping[str, Any]) -> TaskRun:
    state = task_state(values["state"])
    return TaskRun(
        name=task_name(values["task_id"], values["map_index"]),
        state=state,
        queued=moment(values["queued"]),
        started=moment(values["started"]),
        ended=moment(values["ended"]),
        try_number=max(1, values["try_number"]),
        result=as_result(values["result"]) if state == "success" else None,
        log=LOG,
    )
