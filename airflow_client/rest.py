"""The REST interface of an Airflow 3 (`/api/v2`), as far as replant uses it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from airflow_client import records
from airflow_client.credentials import Credentials
from airflow_client.records import Connection, Dag, DagImportError, DagRun, LogEvent, TaskInstance, Variable
from airflow_client.transport import AirflowApiError, Transport

PAGE = 100


def _part(text: str) -> str:
    return quote(text, safe="")


class AirflowClient:
    """One Airflow. Every call raises AirflowApiError, a sentence, if Airflow refuses or cannot be reached."""

    def __init__(self, url: str, credentials: Credentials, timeout_seconds: float = 60.0) -> None:
        self._transport = Transport(url, credentials, timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return self._transport.url

    def run_url(self, dag_id: str, run_id: str) -> str:
        """Give the run's page in the UI."""
        return f"{self.url}/dags/{_part(dag_id)}/runs/{_part(run_id)}"

    # The Airflow itself

    def health(self) -> dict[str, str | None]:
        """Give the status of each part: `healthy`, `unhealthy`, or None for a part that never ran."""
        parts = self._transport.open_get("/api/v2/monitor/health")
        return {name: values.get("status") for name, values in parts.items()}

    def execution_health(self) -> str:
        """Give the status of the interface that tasks use.

        The first request there makes the api-server build it, which takes it 4-5 s.
        """
        return str(self._transport.open_get("/execution/health")["status"])

    def version(self) -> str:
        """Give Airflow's version."""
        return str(self._transport.open_get("/api/v2/version")["version"])

    # DAGs

    def dags(self) -> tuple[Dag, ...]:
        """List the DAGs that have been parsed."""
        return tuple(_dag(values) for values in self._all("/api/v2/dags", "dags"))

    def dag(self, dag_id: str) -> Dag | None:
        """Give a DAG, or None if Airflow does not know it (yet)."""
        try:
            return _dag(self._transport.get(f"/api/v2/dags/{_part(dag_id)}"))
        except AirflowApiError as error:
            if error.status == 404:
                return None
            raise

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pause or unpause a DAG."""
        self._transport.request("PATCH", f"/api/v2/dags/{_part(dag_id)}", body={"is_paused": paused})

    def import_errors(self) -> tuple[DagImportError, ...]:
        """List the files that could not be parsed."""
        return tuple(
            DagImportError(values["filename"], values["stack_trace"])
            for values in self._all("/api/v2/importErrors", "import_errors")
        )

    # Runs

    def trigger(self, dag_id: str, logical_date: datetime, conf: Mapping[str, Any] | None = None) -> DagRun:
        """Ask for a run. Without a logical date a task would have no `ds`, so there is always one."""
        body = {"logical_date": logical_date.isoformat(), "conf": dict(conf or {})}
        return records.dag_run(
            self._transport.request("POST", f"/api/v2/dags/{_part(dag_id)}/dagRuns", body=body)
        )

    def runs(self, dag_id: str) -> tuple[DagRun, ...]:
        """List a DAG's runs."""
        return tuple(
            records.dag_run(values)
            for values in self._all(f"/api/v2/dags/{_part(dag_id)}/dagRuns", "dag_runs")
        )

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """Give a run as it is now."""
        return records.dag_run(self._transport.get(self._run_path(dag_id, run_id)))

    def wait(
        self,
        dag_id: str,
        run_id: str,
        timeout_seconds: float,
        every_seconds: float = 0.5,
        still_alive: Callable[[], None] | None = None,
    ) -> DagRun:
        """Wait until a run has finished, well or badly; `still_alive` may raise to end the wait.

        Each look costs the api-server 10-20 ms of CPU; a run's times are Airflow's own, so how often one
        looks does not show in them.

        Raises TimeoutError, with a sentence, if it has not finished in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            run = self.run(dag_id, run_id)
            if run.finished:
                return run
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"The run {run_id} of {dag_id} is still {run.state} after {timeout_seconds:.0f} s. "
                    f"Look at {self.run_url(dag_id, run_id)}."
                )
            if still_alive is not None:
                still_alive()
            time.sleep(every_seconds)

    def mark_failed(self, dag_id: str, run_id: str) -> None:
        """Make Airflow end a run: its running tasks are stopped."""
        self._transport.request("PATCH", self._run_path(dag_id, run_id), body={"state": "failed"})

    def task_instances(self, dag_id: str, run_id: str) -> tuple[TaskInstance, ...]:
        """List a run's tasks at their latest try."""
        path = f"{self._run_path(dag_id, run_id)}/taskInstances"
        return tuple(records.task_instance(values) for values in self._all(path, "task_instances"))

    def xcom(
        self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1
    ) -> Any:
        """Give a value that a task left, such as its result; None if there is none."""
        path = f"{self._task_path(dag_id, run_id, task_id)}/xcomEntries/{_part(key)}"
        try:
            return self._transport.get(path, deserialize=True, map_index=map_index)["value"]
        except AirflowApiError as error:
            if error.status == 404:
                return None
            raise

    def log(
        self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1
    ) -> tuple[LogEvent, ...]:
        """Give the log of one try of a task; nothing if Airflow knows of no such try."""
        path = f"{self._task_path(dag_id, run_id, task_id)}/logs/{try_number}"
        try:
            content = self._transport.get(path, full_content=True, map_index=map_index)["content"]
        except AirflowApiError as error:
            if error.status == 404:
                return ()
            raise
        lines = content.splitlines() if isinstance(content, str) else content
        return tuple(records.log_event(line) for line in lines)

    # Connections and Variables

    def connections(self) -> tuple[Connection, ...]:
        """List the connections; Airflow masks their passwords."""
        return tuple(records.connection(values) for values in self._all("/api/v2/connections", "connections"))

    def create_connection(self, connection: Connection) -> None:
        """Make a connection; one of this name must not exist."""
        body = {
            name: value
            for name in Connection.__dataclass_fields__
            if (value := getattr(connection, name)) is not None
        }
        self._transport.request("POST", "/api/v2/connections", body=body)

    def delete_connection(self, connection_id: str) -> None:
        """Delete a connection if it is there."""
        self._delete(f"/api/v2/connections/{_part(connection_id)}")

    def variables(self) -> tuple[Variable, ...]:
        """List the Variables."""
        return tuple(
            Variable(values["key"], values["value"], values.get("description"))
            for values in self._all("/api/v2/variables", "variables")
        )

    def create_variable(self, variable: Variable) -> None:
        """Make a Variable; one of this name must not exist."""
        body = {"key": variable.key, "value": variable.value, "description": variable.description}
        self._transport.request("POST", "/api/v2/variables", body=body)

    def delete_variable(self, key: str) -> None:
        """Delete a Variable if it is there."""
        self._delete(f"/api/v2/variables/{_part(key)}")

    def _delete(self, path: str) -> None:
        try:
            self._transport.request("DELETE", path)
        except AirflowApiError as error:
            if error.status != 404:
                raise

    def _all(self, path: str, name: str) -> Iterator[Mapping[str, Any]]:
        """Give every entry of a listing, page by page."""
        offset = 0
        while True:
            page = self._transport.get(path, limit=PAGE, offset=offset)
            yield from page[name]
            offset += len(page[name])
            if not page[name] or offset >= page.get("total_entries", offset):
                return

    @staticmethod
    def _run_path(dag_id: str, run_id: str) -> str:
        return f"/api/v2/dags/{_part(dag_id)}/dagRuns/{_part(run_id)}"

    def _task_path(self, dag_id: str, run_id: str, task_id: str) -> str:
        return f"{self._run_path(dag_id, run_id)}/taskInstances/{_part(task_id)}"


def _dag(values: Mapping[str, Any]) -> Dag:
    tags = tuple(tag["name"] for tag in values.get("tags") or ())
    return Dag(values["dag_id"], bool(values["is_paused"]), values.get("fileloc"), tags)
