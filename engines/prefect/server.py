"""A Prefect server on loopback, with a database of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engines.places import CHECKOUT, TOOLKIT_PYTHON
from engines.ports import LOOPBACK, is_listening
from engines.prefect.settings import Place, client_environment, server_environment
from engines.service import Service
from pipelines.errors import CannotProceedError

START_SECONDS = 120.0


def prefect_command(*arguments: str) -> list[str]:
    """Give the command line of Prefect's own command in the toolkit's environment."""
    python = TOOLKIT_PYTHON if TOOLKIT_PYTHON.exists() else Path(sys.executable)
    return [str(python), "-m", "prefect", *arguments]


def api_of(port: int) -> str:
    """Give the address of the API of a server of ours."""
    return f"http://{LOOPBACK}:{port}/api"


def check_port(port: int) -> None:
    """Raise CannotProceedError if something listens on a port that was asked for."""
    if is_listening(port):
        raise CannotProceedError(
            f"Port {port} on {LOOPBACK} is taken, and Prefect's UI was to use it. "
            "Stop what listens there or choose another port."
        )


@contextmanager
def server(place: Place, port: int, log_dir: Path) -> Iterator[Service]:
    """Start a server; it may not answer yet, see `wait_for_server`."""
    service = Service(
        "Prefect's server",
        prefect_command("server", "start", "--host", LOOPBACK, "--port", str(port)),
        log=log_dir / "prefect-server.log",
        env=server_environment(place),
        cwd=place.folder,
        grace_seconds=8,
    )
    with service:
        yield service


def wait_for_server(service: Service, place: Place) -> None:
    """Wait until the server answers and its database is ready.

    Raises CannotProceedError, with the end of its log, if it ends or takes too long.
    """
    import httpx

    def ready() -> bool:
        try:
            return httpx.get(f"{place.api_url}/ready", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    service.wait_until(ready, START_SECONDS)


@contextmanager
def worker(place: Place, log_dir: Path) -> Iterator[Service]:
    """Start a process worker on the place's work pool."""
    service = Service(
        "Prefect's worker",
        prefect_command(
            "worker", "start", "--pool", place.work_pool, "--type", "process", "--name", place.work_pool,
            "--install-policy", "never",
        ),
        log=log_dir / "prefect-worker.log",
        env=client_environment(place),
        cwd=CHECKOUT,
        grace_seconds=8,
    )  # fmt: skip
    with service:
        yield service
