"""Everything that a command starts, in one place: database servers and engines; stopped at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from engines.postgres import Cluster, find_binaries
from engines.run import Engine, EngineName, Mode, Run, RunRequest, Usage
from engines.usage import UsageMeter, Watched, memory_of
from engines.workspace import workspace
from pipelines.errors import CannotProceedError


class WatchedEngine(Engine, Protocol):
    """An engine that also says which processes are its own."""

    @property
    def ui_url(self) -> str | None:
        """Where its UI is, while it is up."""
        ...

    @property
    def login_file(self) -> Path | None:
        """A file, for the user alone, that holds the login of its UI; None where it wants none."""
        ...

    def save(self, folder: Path) -> bool:
        """Write its records to a folder that `restore` starts from again; False where it has none."""
        ...

    def server_pids(self) -> tuple[int, ...]:
        """Roots of the process trees that it started."""
        ...

    def is_runner(self, pid: int, cmdline: str) -> bool:
        """Whether a process of those trees runs steps, rather than serves."""
        ...


@dataclass(frozen=True)
class SessionOptions:
    """What to start."""

    engines: tuple[EngineName, ...]
    mode: Mode
    log_dir: Path
    tuned: bool = False
    database_url: str | None = field(default=None, repr=False)
    """The server for the pipeline's throw-away databases; None: one of our own."""
    airflow_python: Path | None = None
    airflow_url: str | None = None
    prefect_api_url: str | None = None


@dataclass(frozen=True)
class StartedEngine:
    """An engine that is up, and what that took."""

    engine: WatchedEngine
    start_seconds: float
    idle_memory_bytes: int | None
    """Proportional set size of its servers before the first run; None if one of them hides it."""
    used_existing: bool
    """Whether it was the user's own, so that nothing was started."""


class Session:
    """What is up, for the time of one command; made by `open_session`."""

    def __init__(
        self,
        options: SessionOptions,
        stack: ExitStack,
        folder: Path,
        *,
        server_url: str,
        metadata_url: str,
        database_roots: tuple[int, ...],
    ) -> None:
        self.options = options
        self.folder = folder
        self.server_url = server_url
        """Where the pipeline's throw-away databases are made. Secret."""
        self.started: dict[EngineName, StartedEngine] = {}
        self._stack = stack
        self._metadata_url = metadata_url
        self._database_roots = database_roots

    def start(self, name: EngineName, restore: Path | None = None) -> StartedEngine:
        """Start an engine, to be stopped with the session; `restore` is a folder that `save` wrote.

        Raises CannotProceedError if it does not come up.
        """
        engine = _engine(name, self.options, self.folder / name, self._metadata_url, restore)
        began = time.monotonic()
        self._stack.enter_context(engine)
        seconds = time.monotonic() - began
        existing = {"airflow": self.options.airflow_url, "prefect": self.options.prefect_api_url}.get(name)
        started = StartedEngine(engine, seconds, memory_of(engine.server_pids()), existing is not None)
        self.started[name] = started
        return started

    def run(self, engine: EngineName, request: RunRequest, *, metered: bool = True) -> Run:
        """Run once; `metered`: and measure what it used."""
        driven = self.started[engine].engine
        if not metered:
            return replace(driven.run(request), input_hash=request.input_hash)
        watched = Watched(driven.server_pids, driven.is_runner, self._database_roots)
        with UsageMeter(watched) as meter:
            run = driven.run(request)
        warnings = (*run.warnings, *meter.warnings)
        return replace(run, usage=_merged(meter.usage, run), input_hash=request.input_hash, warnings=warnings)


def _merged(sampled: Usage, run: Run) -> Usage:
    """Let what the run itself counted (in process: without imports) stand over what was seen from outside."""
    if run.usage is None:
        return sampled
    known = {key: value for key, value in vars(run.usage).items() if value not in (None, 0)}
    return replace(sampled, **known)


def _engine(
    name: EngineName, options: SessionOptions, folder: Path, metadata_url: str, restore: Path | None
) -> WatchedEngine:
    folder.mkdir(mode=0o700, exist_ok=True)
    common: dict[str, Any] = {
        "folder": folder,
        "log_dir": options.log_dir,
        "metadata_url": metadata_url,
        "tuned": options.tuned,
    }
    if name == "airflow":
        from engines.airflow import AirflowEngine

        return AirflowEngine(
            options.mode,
            **common,
            restore=restore,
            airflow_url=options.airflow_url,
            airflow_python=options.airflow_python,
        )
    if name == "prefect":
        from engines.prefect import PrefectEngine

        return PrefectEngine(options.mode, **common, restore=restore, api_url=options.prefect_api_url)
    from engines.standalone import StandaloneEngine

    return StandaloneEngine(options.mode, **common)


@contextmanager
def open_session(options: SessionOptions) -> Iterator[Session]:
    """Start the database servers; engines are started one by one with `Session.start`."""
    with ExitStack() as stack:
        folder = stack.enter_context(workspace())
        data = None
        if options.database_url is None:
            data = stack.enter_context(Cluster(options.log_dir, name="postgres-pipeline"))
        server_url = data.url() if data else options.database_url or ""
        yield Session(
            options,
            stack,
            folder,
            server_url=server_url,
            metadata_url=_metadata_url(options, server_url, stack),
            database_roots=(data.pid,) if data else (),
        )


def _metadata_url(options: SessionOptions, server_url: str, stack: ExitStack) -> str:
    """Give a server for the engines' own records, apart from the pipeline's wherever that is possible."""
    if all(engine == "standalone" for engine in options.engines):
        return server_url
    try:
        find_binaries()
    except CannotProceedError:
        return server_url  # a machine without PostgreSQL: throw-away databases on the user's server
    return stack.enter_context(Cluster(options.log_dir, name="postgres-metadata", durable=False)).url()
