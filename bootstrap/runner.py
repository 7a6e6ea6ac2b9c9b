"""Runs the programs that the set-up needs, keeps what they say, and turns failures into sentences."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap.errors import SetupError, explain
from bootstrap.places import LOGS


class Runner:
    """Starts programs; `stop` ends those that still run, when the set-up ends early."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._running: set[subprocess.Popen[str]] = set()
        self._to_finish: set[subprocess.Popen[str]] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def run(
        self,
        what: str,
        argv: Sequence[str],
        *,
        log: str,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        must_finish: bool = False,
    ) -> str:
        """Run a program, give its standard output.

        `what` starts the sentence of an error. The whole output goes to the log `log`, which only the
        user can read. With `must_finish`, Ctrl-C does not reach it: dpkg should not be cut off half-way.
        Raises SetupError.
        """
        LOGS.mkdir(parents=True, exist_ok=True)
        path = LOGS / f"{log}.log"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            process = self._start(what, argv, file.fileno(), variables or {}, cwd, must_finish)
            try:
                output, _ = process.communicate()
            finally:
                with self._lock:
                    self._running.discard(process)
                    self._to_finish.discard(process)
            file.seek(0, os.SEEK_END)
            file.write(output)
            file.flush()
            if process.returncode != 0:
                file.seek(0)
                raise explain(what, file.read(), path)
        return output

    def stop(self) -> None:
        """End what runs; wait for what must finish. Nothing can be started afterwards."""
        with self._lock:
            self._stopped = True
            running, to_finish = list(self._running), list(self._to_finish)
        for process in running:
            process.terminate()
        for process in (*running, *to_finish):
            process.wait()

    def _start(
        self,
        what: str,
        argv: Sequence[str],
        error_output: int,
        variables: Mapping[str, str],
        cwd: Path | None,
        must_finish: bool,
    ) -> subprocess.Popen[str]:
        with self._lock:
            if self._stopped:
                raise SetupError(f"{what[:1].upper()}{what[1:]} was not begun.")
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=error_output,
                    env=self.environment | dict(variables),
                    cwd=cwd,
                    text=True,
                    errors="replace",
                    start_new_session=must_finish,
                )
            except FileNotFoundError as error:
                raise SetupError(
                    f"{what[:1].upper()}{what[1:]} needs the program `{argv[0]}`, which is not on this "
                    "machine. Install it, then call again."
                ) from error
            (self._to_finish if must_finish else self._running).add(process)
            return process
