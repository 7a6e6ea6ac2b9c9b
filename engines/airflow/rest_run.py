"""One run through the REST interface of a running Airflow, ours or a user's."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import make_url

from airflow_client.records import Connection, DagImportError, DagRun, TaskInstance, Variable
from airflow_client.rest import AirflowClient
from airflow_client.transport import AirflowApiError
from engines.airflow.readout import (
    NOTICE_KEY,
    as_result,
    error_in,
    in_order,
    secrets_of,
    task_name,
    task_state,
    warnings_of,
    write_log,
)
from engines.run import Run, RunRequest, TaskRun
from pipelines import catalog
from pipelines.catalog import Pipeline
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask, mask_values

PARSE_SECONDS = 30.0
"""How long a DAG may take to appear; the folder is looked at every 2 s."""
GRACE_SECONDS = 5.0
LATE_NOTICE_SECONDS = 20.0
"""The dag-processor sends the notice of a run whose task was killed, and tells nobody when it has: 1-4 s
after the run on a quiet machine, 12 s on one under load."""


@dataclass(frozen=True)
class RunNames:
    """What a run's connection and Variable are called: told apart even if a label comes twice."""

    connection: str
    slack_variable: str


def names_for(label: str) -> RunNames:
    """Make the names for one run."""
    stem = f"replant_{label.replace('-', '_')}_{secrets.token_hex(3)}"
    return RunNames(stem, f"{stem}_slack_secret")  # "secret": Airflow then masks its value


def connection_of(database_url: str, connection_id: str) -> Connection:
    """Make the Airflow connection for a PostgreSQL URL."""
    parts = make_url(database_url)
    return Connection(
        connection_id=connection_id,
        conn_type="postgres",
        host=parts.host,
        login=parts.username,
        password=parts.password,
        port=parts.port or 5432,
        schema=parts.database,
        extra=json.dumps(dict(parts.query)) if parts.query else None,
        description="made by replant for one run, deleted after it",
    )


def conf_of(request: RunRequest, names: RunNames) -> dict[str, Any]:
    """Give the run's configuration: names and settings, nothing secret."""
    return {
        "connection": names.connection,
        "settings": dict(request.settings),
        # Also without a webhook: a run of ours must not speak to the Slack of a user's Airflow.
        "slack_variable": names.slack_variable,
    }


@contextmanager
def settings_in(client: AirflowClient, request: RunRequest, names: RunNames) -> Iterator[None]:
    """Make the run's connection and Variable in Airflow, and delete them afterwards."""
    with ExitStack() as stack:
        client.create_connection(connection_of(request.database_url, names.connection))
        stack.callback(client.delete_connection, names.connection)
        if request.webhook_url:
            client.create_variable(Variable(names.slack_variable, request.webhook_url))
            stack.callback(client.delete_variable, names.slack_variable)
        yield


def wait_for_dag(client: AirflowClient, dag_id: str, check_alive: Callable[[], None]) -> None:
    """Wait until Airflow knows the DAG and lets it run.

    Raises CannotProceedError: with the import errors if there are any, or if the DAG is paused.
    """
    deadline = time.monotonic() + PARSE_SECONDS
    while (dag := client.dag(dag_id)) is None:
        errors = client.import_errors()
        if errors:
            # Perhaps of another file, while this one is still being parsed.
            deadline = min(deadline, time.monotonic() + GRACE_SECONDS)
        if time.monotonic() > deadline:
            raise CannotProceedError(_missing(client, dag_id, errors))
        check_alive()
        time.sleep(0.2)
    if dag.is_paused:
        raise CannotProceedError(
            f"The DAG {dag_id} is paused in Airflow at {client.url}, so a run would wait for ever. "
            "Unpause it there; mind that its schedule then starts runs on its default connection as well."
        )


def _missing(client: AirflowClient, dag_id: str, errors: Sequence[DagImportError]) -> str:
    """Say that a DAG is not there, with the ends of the first import errors."""
    ends = [
        f"{error.file}:\n" + "\n".join(mask(error.stack_trace).strip().splitlines()[-8:])
        for error in errors[:3]
    ]
    return f"Airflow at {client.url} has no DAG {dag_id}. " + (
        "It could not import:\n" + "\n".join(ends) if ends else "Put airflow_dags/ into its DAG folder."
    )


def run_by_rest(
    client: AirflowClient, request: RunRequest, versions: dict[str, str], check_alive: Callable[[], None]
) -> Run:
    """Trigger a run, wait for it, read it out; its tasks' logs go below `request.log_dir`.

    Raises CannotProceedError if Airflow cannot run it at all.
    """
    pipeline = catalog.find(request.pipeline)
    dag_id = pipeline.airflow_dag_id
    wait_for_dag(client, dag_id, check_alive)
    names = names_for(request.label)
    with settings_in(client, request, names):
        requested = datetime.now(UTC)
        triggered = client.trigger(dag_id, requested, conf_of(request, names))
        finished, problem = _wait(client, triggered, request.timeout_seconds, check_alive)
        reading = _Reading(client, finished, request)
        tasks = reading.tasks(pipeline)
        if request.webhook_url and reading.message_is_to_come:
            time.sleep(LATE_NOTICE_SECONDS)
    failed = finished.state != "success"
    return Run(
        pipeline=request.pipeline,
        engine="airflow",
        mode="dispatched",
        state="failed" if failed else "success",
        requested=requested,
        started=finished.started or requested,
        ended=finished.ended or datetime.now(UTC),
        tasks=tasks,
        engine_run_id=finished.run_id,
        url=client.run_url(dag_id, finished.run_id),
        error=(problem or reading.error(tasks)) if failed else None,
        warnings=reading.warnings(tasks),
        versions=versions,
        log_dir=str(request.log_dir),
        settings=request.settings,
    )


def _wait(
    client: AirflowClient, run: DagRun, timeout_seconds: float, check_alive: Callable[[], None]
) -> tuple[DagRun, str | None]:
    """Give the finished run, and what is wrong if it was ended because its time was over."""
    try:
        return client.wait(run.dag_id, run.run_id, timeout_seconds, still_alive=check_alive), None
    except BaseException as error:
        # Ctrl-C included: a run that nobody waits for must not go on, its connection is about to go.
        with suppress(AirflowApiError):
            client.mark_failed(run.dag_id, run.run_id)
        if not isinstance(error, TimeoutError):
            raise
        return client.run(run.dag_id, run.run_id), str(error)


class _Reading:
    """Reads one finished run."""

    def __init__(self, client: AirflowClient, run: DagRun, request: RunRequest) -> None:
        self._client = client
        self._run = run
        self._log_dir = request.log_dir
        self._secrets = secrets_of(request)
        self._errors: dict[str, str | None] = {}
        self._notices: list[Any] = []
        self.message_is_to_come = False
        """A task failed that could not tell so itself: its process was killed."""

    def tasks(self, pipeline: Pipeline) -> tuple[TaskRun, ...]:
        """Give the tasks in the pipeline's order, and write their logs."""
        instances = self._client.task_instances(self._run.dag_id, self._run.run_id)
        return in_order((self._task(instance) for instance in instances), pipeline)

    def _task(self, instance: TaskInstance) -> TaskRun:
        state = task_state(instance.state)
        where = (self._run.dag_id, self._run.run_id, instance.task_id)
        name, number = task_name(instance.task_id, instance.map_index), instance.map_index
        log = None
        # The scheduler gives a start also to what it has never run (upstream_failed).
        if instance.started is not None and state not in ("upstream_failed", "skipped"):
            log = f"airflow-{name}.log"
            events = self._client.log(*where, try_number=max(1, instance.try_number), map_index=number)
            write_log(self._log_dir / log, events, self._secrets)
            if state == "failed":
                self._errors[name] = error_in(events)
                notice = self._client.xcom(*where, key=NOTICE_KEY, map_index=number)
                self._notices.append(notice)
                self.message_is_to_come = notice is None
        return TaskRun(
            name=name,
            state=state,
            queued=instance.scheduled or instance.queued,
            started=instance.started,
            ended=instance.ended,
            try_number=max(1, instance.try_number),
            result=as_result(self._client.xcom(*where, map_index=number)) if state == "success" else None,
            log=log,
        )

    def error(self, tasks: tuple[TaskRun, ...]) -> str:
        """Give the engine's own words about a failed run."""
        for task in tasks:
            if task.state == "failed":
                found = self._errors.get(task.name) or "failed without a word in its log: it was killed"
                return mask_values(f"{task.name}: {found}", self._secrets)
        return "Airflow ended the run as failed although no task of it failed."

    def warnings(self, tasks: tuple[TaskRun, ...]) -> tuple[str, ...]:
        """Give what tasks warned of: in their results, and in what a failed one left about its notice."""
        return warnings_of([*(task.result for task in tasks), *self._notices])
