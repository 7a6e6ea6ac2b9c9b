"""The processes of a dispatched Airflow: api-server, scheduler with LocalExecutor, dag-processor."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from airflow_client.cli import AirflowCli
from airflow_client.rest import AirflowClient
from airflow_client.transport import AirflowApiError
from engines.ports import is_listening
from engines.service import Service
from pipelines.errors import CannotProceedError

START_SECONDS = 180.0
COMMANDS: Mapping[str, tuple[str, ...]] = {
    # In the order in which they are needed; all three are started at once.
    "api-server": ("api-server",),
    # Without --skip-serve-logs the scheduler opens port 8793 on all interfaces.
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}


def check_port(port: int) -> None:
    """Raise CannotProceedError if something listens on a port that was asked for."""
    if is_listening(port):
        raise CannotProceedError(
            f"Port {port} on 127.0.0.1 is taken, and Airflow's UI was to use it. "
            "Stop what listens there or choose another port."
        )


class AirflowServices:
    """A running Airflow; a context manager."""

    def __init__(self, cli: AirflowCli, env: Mapping[str, str], home: Path, log_dir: Path) -> None:
        self._services = tuple(
            Service(
                f"Airflow's {name}",
                cli.argv(*command),
                log=log_dir / f"airflow-{name}.log",
                env=env,
                cwd=home,
                grace_seconds=10,
            )
            for name, command in COMMANDS.items()
        )
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for service in self._services:
                stack.enter_context(service)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        # All are told at once, so that stopping takes as long as the slowest, not as the sum.
        for service in self._services:
            service.ask_to_stop()
        self._stack.close()

    def pids(self) -> tuple[int, ...]:
        """Give the guards' process ids: the roots of the process trees."""
        return tuple(service.pid for service in self._services)

    def check_alive(self) -> None:
        """Raise CannotProceedError, with the end of its log, if one of the processes has ended."""
        for service in self._services:
            code = service.exit_code()
            if code is not None:
                raise CannotProceedError(
                    f"{service.name} ended with code {code}. Its log is {service.log}; "
                    f"it ends with:\n{service.tail()}"
                )

    def wait_until_ready(self, client: AirflowClient, timeout_seconds: float = START_SECONDS) -> None:
        """Wait until all parts are healthy and the DAG folder has been looked at.

        Raises CannotProceedError if a process ends or time runs out.
        """
        deadline = time.monotonic() + timeout_seconds
        while not _ready(client):
            self.check_alive()
            if time.monotonic() > deadline:
                logs = ", ".join(str(service.log) for service in self._services)
                raise CannotProceedError(
                    f"Airflow was not ready after {timeout_seconds:.0f} s. Its logs: {logs}."
                )
            time.sleep(0.2)
        # Otherwise the first task of the first run would wait until the api-server has built this part.
        client.execution_health()


def _ready(client: AirflowClient) -> bool:
    try:
        health = client.health()
        parts = ("metadatabase", "scheduler", "dag_processor")
        if any(health.get(part) != "healthy" for part in parts):
            return False
        return bool(client.dags() or client.import_errors())
    except AirflowApiError as error:
        if error.status == 0 or error.status >= 500:
            return False  # not up yet
        raise
