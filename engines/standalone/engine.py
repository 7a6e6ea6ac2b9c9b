"""The engine that is no orchestrator: the baseline for what the others add."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from engines.call import call
from engines.places import TOOLKIT_PYTHON
from engines.run import EngineName, Mode, Run, RunRequest, TaskRun, Usage
from engines.service import environment


class StandaloneEngine:
    """Runs the steps in a subprocess.

    In process: timed from the call on, imports not counted. Dispatched: timed from the start of the process,
    as for a job that cron starts.
    """

    name: EngineName = "standalone"

    def __init__(
        self, mode: Mode, *, folder: Path, log_dir: Path, metadata_url: str = "", tuned: bool = False
    ) -> None:
        self.mode: Mode = mode
        self._folder = folder
        self._running: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    ui_url = None
    login_file = None

    def save(self, folder: Path) -> bool:
        """There is no server and no UI, so nothing is kept."""
        return False

    def server_pids(self) -> tuple[int, ...]:
        """The process of the run under way; there is no server."""
        return () if self._running is None else (self._running,)

    def is_runner(self, pid: int, cmdline: str) -> bool:
        """All of it runs steps."""
        return True

    def run(self, request: RunRequest) -> Run:
        """Run the steps once in a process of their own."""
        log = request.log_dir / "standalone.log"
        requested = datetime.now(UTC)
        python = str(TOOLKIT_PYTHON) if TOOLKIT_PYTHON.exists() else sys.executable
        try:
            outcome = call(
                "The standalone run",
                [python, "-m", "engines.standalone.steps"],
                {
                    "pipeline": request.pipeline,
                    "database_url": request.database_url,
                    "settings": dict(request.settings),
                    "webhook_url": request.webhook_url,
                },
                env=environment(self._folder, {}),
                log=log,
                timeout_seconds=request.timeout_seconds,
                on_start=self._started,
            )
        finally:
            self._running = None
        started = datetime.fromisoformat(outcome["started"])
        return Run(
            pipeline=request.pipeline,
            engine=self.name,
            mode=self.mode,
            state=outcome["state"],
            requested=started if self.mode == "in-process" else requested,
            started=started,
            ended=datetime.fromisoformat(outcome["ended"]),
            tasks=tuple(_task(values, log) for values in outcome["tasks"]),
            error=outcome["error"],
            warnings=tuple(outcome["warnings"]),
            usage=Usage(
                cpu_seconds=outcome["cpu_seconds" if self.mode == "in-process" else "process_cpu_seconds"],
                peak_memory_bytes=None,
            ),
            versions={"python": sys.version.split()[0], "psycopg2": version("psycopg2-binary")},
            log_dir=str(request.log_dir),
            settings=request.settings,
        )

    def _started(self, pid: int) -> None:
        self._running = pid


def _task(values: dict[str, Any], log: Path) -> TaskRun:
    return TaskRun(
        name=values["name"],
        state=values["state"],
        queued=_moment(values["queued"]),
        started=_moment(values["started"]),
        ended=_moment(values["ended"]),
        result=values["result"],
        log=log.name,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
