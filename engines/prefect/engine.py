"""The engine Prefect: a server and a worker started here, or a user's own API."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Self

from engines.ports import free_ports
from engines.prefect import metadata, saved
from engines.prefect.access import import_prefect, speaking, users_access, users_ui
from engines.prefect.deployments import forget, make_work_pool, register, worker_is_there
from engines.prefect.flow_run import blocks, call_in_process, dispatch, flow_name, read_out, wait_for
from engines.prefect.server import api_of, check_port, server, wait_for_server, worker
from engines.prefect.settings import Place, client_environment
from engines.run import EngineName, Mode, Run, RunRequest
from engines.service import Service
from engines.snapshot import empty_database, session_name
from pipelines import catalog
from pipelines.errors import CannotProceedError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

WORKER_SECONDS = 120.0
# The supervisor becomes the engine, by exec.
RUNNERS = ("-m prefect.engine", "prefect.runner._workspace_supervisor", "engines.prefect.in_process")


class PrefectEngine:
    """Prefect in a process (the flow is called), or dispatched to a process worker; a context manager.

    With `api_url` a running Prefect API is used, with the key of the active profile or the environment, and a
    work pool and deployments of its own names, which are deleted afterwards; otherwise a server is started
    with a database of its own on the server `metadata_url`. `port` is the server's, a free one if None;
    `restore` a folder that `save` wrote.
    """

    name: EngineName = "prefect"

    def __init__(
        self,
        mode: Mode,
        *,
        folder: Path,
        log_dir: Path,
        metadata_url: str,
        tuned: bool = False,
        restore: Path | None = None,
        api_url: str | None = None,
        port: int | None = None,
    ) -> None:
        self.mode: Mode = mode
        self._folder = folder
        self.log_dir = log_dir
        self._metadata_url = metadata_url
        self._tuned = tuned
        self._restore = restore
        self._api_url = api_url
        self._port = port
        self._stack = ExitStack()
        self._place: Place | None = None
        self._server: Service | None = None
        self._worker: Service | None = None
        self._running: int | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("home", "tmp"):
                (self._folder / name).mkdir(mode=0o700, exist_ok=True)
            if self._api_url is None:
                self._start_server(stack)
            else:
                self._use_existing(self._api_url)
            if self.mode == "dispatched":
                self._start_worker(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        for service in (self._worker, self._server):
            if service is not None:
                service.ask_to_stop()
        self._stack.close()
        self._server = self._worker = None

    def _start_server(self, stack: ExitStack) -> None:
        port = self._port or (saved.facts(self._restore).port if self._restore else None)
        if port:
            check_port(port)
        port = port or free_ports(1)[0]
        database = stack.enter_context(empty_database(self._metadata_url, f"{session_name()}_prefect"))
        place = Place(
            folder=self._folder,
            api_url=api_of(port),
            ui_url=api_of(port).removesuffix("/api"),
            deployment="dev",
            database_url=database,
            tuned=self._tuned,
        )
        self._place = place
        fresh = False
        if self._restore is not None:
            saved.restore(place, self._restore)
        else:
            fresh = not metadata.load_kept_schema(database)
        self._server = stack.enter_context(server(place, port, self.log_dir))
        import_prefect(self._folder)  # while the server comes up
        wait_for_server(self._server, place)
        if fresh:
            metadata.keep_schema(database)

    def _use_existing(self, api_url: str) -> None:
        """Look whether a user's API answers.

        Raises CannotProceedError if it does not.
        """
        import_prefect(self._folder)
        self._place = Place(
            folder=self._folder,
            api_url=api_url.rstrip("/"),
            ui_url=None,
            deployment=f"session-{os.getpid()}-{token_hex(3)}",
            access=users_access(),
            tuned=self._tuned,
        )
        with speaking(self._place) as client:
            problem = client.api_healthcheck()
            self._place = replace(self._place, ui_url=users_ui())
        if problem is not None:
            raise CannotProceedError(
                f"The Prefect API at {self._place.api_url} does not answer ({type(problem).__name__}). "
                "Check --prefect-api-url or PREFECT_API_URL, or leave it out: then a server is started."
            )

    def _start_worker(self, stack: ExitStack) -> None:
        """Start the worker and register the deployments meanwhile."""
        place = self._here()
        make_work_pool(place)
        if not place.ours:
            stack.callback(forget, place)
        self._worker = stack.enter_context(worker(place, self.log_dir))
        register(place, self.log_dir)
        self._worker.wait_until(lambda: worker_is_there(place), WORKER_SECONDS)

    def _here(self) -> Place:
        if self._place is None:
            raise RuntimeError("the engine has not been started")
        return self._place

    login_file = None
    """Prefect's own server wants no login."""

    @property
    def ui_url(self) -> str | None:
        """The address of the UI."""
        return None if self._place is None else self._place.ui_url

    @property
    def metadata_database(self) -> str | None:
        """URL of the server's own database, if it is ours. Secret."""
        return None if self._place is None else self._place.database_url

    @property
    def work_pool(self) -> str:
        """The work pool that the worker serves."""
        return self._here().work_pool

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which Prefect's own commands speak to this server. Secret with a user's API."""
        return client_environment(self._here())

    def server_pids(self) -> tuple[int, ...]:
        """Roots of our process trees: server, worker, and the flow's process of the run under way."""
        services = [service.pid for service in (self._server, self._worker) if service is not None]
        return (*services, *(() if self._running is None else (self._running,)))

    def is_runner(self, pid: int, cmdline: str) -> bool:
        """Say whether a process runs steps: the one of a flow run, not the worker that started it."""
        return any(name in cmdline for name in RUNNERS)

    def run(self, request: RunRequest) -> Run:
        """Run the pipeline's flow once.

        Raises CannotProceedError if Prefect could not run it at all, or ended under it.
        """
        import httpx

        pipeline = catalog.find(request.pipeline)
        try:
            return self._run(self._here(), pipeline, request)
        except (httpx.TransportError, CannotProceedError) as error:
            wrong = self._trouble()
            if wrong is not None:
                raise CannotProceedError(f"{wrong} Its log is in {self.log_dir}.") from None
            if isinstance(error, CannotProceedError):
                raise
            raise CannotProceedError(
                f"The Prefect API at {self._here().api_url} answers no more ({type(error).__name__})."
            ) from None

    def _run(self, place: Place, pipeline: catalog.Pipeline, request: RunRequest) -> Run:
        with speaking(place) as client, blocks(request) as parameters:
            if self.mode == "in-process":
                try:
                    asked = call_in_process(place, pipeline, request, parameters, self._note_process)
                finally:
                    self._running = None
            else:
                name = f"{flow_name(pipeline)}/{place.deployment}"
                asked = dispatch(client, place, name, parameters)
                wait_for(client, asked, request.timeout_seconds, self._trouble)
            return read_out(client, place, pipeline, request, asked, self.mode)

    def run_deployment(
        self, name: str, parameters: Mapping[str, Any], timeout_seconds: float = 600.0
    ) -> tuple[datetime, FlowRun]:
        """Run any deployment, `FLOW/NAME`, on the worker; give when it was asked for, and the final run.

        Raises CannotProceedError if it takes longer than that.
        """
        place = self._here()
        with speaking(place) as client:
            asked = dispatch(client, place, name, parameters)
            return asked.requested, wait_for(client, asked, timeout_seconds, self._trouble)

    def _note_process(self, pid: int) -> None:
        self._running = pid

    def _trouble(self) -> str | None:
        """Say which of our processes is gone, or None."""
        for service in (self._server, self._worker):
            if service is not None and service.exit_code() is not None:
                return f"{service.name} ended with code {service.exit_code()} while the run was under way."
        return None

    def save(self, folder: Path) -> bool:
        """Keep the runs, so that `restore=folder` shows them again, at the same address.

        No block is kept. Gives False for a user's own API: it keeps its runs itself.
        """
        place = self._here()
        if not place.ours:
            return False
        saved.save(place, int(place.api_url.removesuffix("/api").rpartition(":")[2]), folder)
        return True
