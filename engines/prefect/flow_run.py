"""One flow run: made, waited for, read out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engines.call import call
from engines.places import TOOLKIT_PYTHON
from engines.prefect.readout import LOG, Expected, settled_task_runs, tasks_of, write_log
from engines.prefect.settings import Place, client_environment
from engines.run import Mode, Run, RunRequest, Usage
from pipelines.catalog import Pipeline
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask_values, password_of

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

POLL_SECONDS = 0.2
IN_PROCESS_LOG = "prefect-in-process.log"


@dataclass(frozen=True)
class Asked:
    """A flow run that was asked for."""

    id: UUID
    requested: datetime
    usage: Usage | None = None


@contextmanager
def blocks(request: RunRequest) -> Iterator[dict[str, Any]]:
    """Make the run's own blocks and give the flow's parameters, which name them; deleted afterwards."""
    from blocks.pipeline_settings import delete_block, save_database_block, save_slack_block

    name = f"replant-{request.label}-{token_hex(3)}"
    with ExitStack() as stack:
        stack.callback(delete_block, "database", name)
        save_database_block(name, request.database_url)
        if request.webhook_url is not None:
            stack.callback(delete_block, "slack", name)
            save_slack_block(name, request.webhook_url)
        yield {"connection": name, "settings": dict(request.settings), "slack_block": name}


def flow_name(pipeline: Pipeline) -> str:
    """Give the flow's name: the function's."""
    return pipeline.prefect_flow.rpartition(":")[2]


def dispatch(client: SyncPrefectClient, place: Place, name: str, parameters: Mapping[str, Any]) -> Asked:
    """Make a flow run of the deployment `name`, for the worker to pick up."""
    deployment = client.read_deployment_by_name(name)
    requested = datetime.now(UTC)
    made = client.create_flow_run_from_deployment(
        deployment.id, parameters=dict(parameters), job_variables=place.job_variables
    )
    return Asked(made.id, requested)


def call_in_process(
    place: Place,
    pipeline: Pipeline,
    request: RunRequest,
    parameters: Mapping[str, Any],
    on_start: Callable[[int], None],
) -> Asked:
    """Call the flow in a process of its own and wait for it.

    Raises CannotProceedError, with the end of its log, if the process ends without an answer.
    """
    answer = call(
        "The flow's process",
        [str(TOOLKIT_PYTHON), "-m", "engines.prefect.in_process"],
        {"flow": pipeline.prefect_flow, "parameters": dict(parameters)},
        env=client_environment(place),
        log=request.log_dir / IN_PROCESS_LOG,
        timeout_seconds=request.timeout_seconds,
        on_start=on_start,
    )
    usage = Usage(cpu_seconds=answer["cpu_seconds"], peak_memory_bytes=None)
    return Asked(UUID(answer["flow_run_id"]), datetime.fromisoformat(answer["requested"]), usage)


def wait_for(
    client: SyncPrefectClient, asked: Asked, timeout_seconds: float, trouble: Callable[[], str | None]
) -> FlowRun:
    """Wait until the flow run is final.

    `trouble` says what is wrong with our processes, or None: a run whose worker is gone would stand as
    running for ever, so it is put to Crashed with those words.

    Raises CannotProceedError, after cancelling the run, if it takes longer than `timeout_seconds`.
    """
    from prefect.states import Cancelled, Crashed

    deadline = time.monotonic() + timeout_seconds
    while True:
        flow_run = client.read_flow_run(asked.id)
        if flow_run.state is not None and flow_run.state.is_final():
            return flow_run
        if (wrong := trouble()) is not None:
            client.set_flow_run_state(asked.id, Crashed(message=wrong), force=True)
        elif time.monotonic() > deadline:
            client.set_flow_run_state(asked.id, Cancelled(message="replant stopped waiting"), force=True)
            state = flow_run.state.name if flow_run.state else "unknown"
            raise CannotProceedError(
                f"The flow run {flow_run.name} was not over after {timeout_seconds:.0f} s. It was cancelled; "
                f"its last state was {state}."
            )
        else:
            time.sleep(POLL_SECONDS)


def read_out(
    client: SyncPrefectClient,
    place: Place,
    pipeline: Pipeline,
    request: RunRequest,
    asked: Asked,
    mode: Mode,
) -> Run:
    """Give the Run of a flow run that has ended, and write its log."""
    from prefect.utilities.urls import url_for

    flow_run = client.read_flow_run(asked.id)
    state = flow_run.state
    expected = Expected.of(pipeline, place.results)
    task_runs = settled_task_runs(client, flow_run, expected)
    tasks = tasks_of(task_runs, expected, ended=True)
    secrets = _secrets(request)
    write_log(client, asked.id, task_runs, request.log_dir / LOG, secrets)
    success = state is not None and state.is_completed()
    told = tasks[-1].result or {}  # of notify
    ended = flow_run.end_time or datetime.now(UTC)
    return Run(
        pipeline=pipeline.name,
        engine="prefect",
        mode=mode,
        state="success" if success else "failed",
        requested=asked.requested,
        started=flow_run.start_time or ended,
        ended=ended,
        tasks=tasks,
        engine_run_id=str(asked.id),
        url=url_for("flow-run", asked.id),
        error=None if success else mask_values(_error(flow_run), secrets),
        warnings=(str(told["warning"]),) if told.get("warning") else (),
        usage=asked.usage,
        versions=_versions(),
        log_dir=str(request.log_dir),
        settings=request.settings,
    )


def _error(flow_run: FlowRun) -> str:
    if flow_run.state is None:
        return "The flow run has no state."
    return f"{flow_run.state.name}: {flow_run.state.message or 'Prefect gives no reason'}"


def _versions() -> dict[str, str]:
    names = ("prefect", "prefect-sqlalchemy", "prefect-slack", "psycopg2-binary")
    return {name: version(name) for name in names}


def _secrets(request: RunRequest) -> tuple[str, ...]:
    found = (request.database_url, password_of(request.database_url), request.webhook_url)
    return tuple(secret for secret in found if secret)
