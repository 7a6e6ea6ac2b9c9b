"""A process that replant starts, watches and stops."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from engines.places import CHECKOUT
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

GUARD = Path(__file__).with_name("guard.py")
KEPT_FROM_ENVIRONMENT = (
    "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Give an environment that holds nothing of the user's orchestrators, and a home that is ours."""
    kept = {name: os.environ[name] for name in KEPT_FROM_ENVIRONMENT if name in os.environ}
    return kept | {"HOME": str(home), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"} | dict(extra)


class Service:
    """One command under a guard: it and all its descendants end when this process does.

    Secrets belong in `env` or in files, never in `argv`.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stop_signal: str = "TERM",
        grace_seconds: float = 15.0,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._argv = list(argv)
        self._env = dict(env)
        self._cwd = cwd
        self._guarding = ["--stop-signal", stop_signal, "--grace", str(grace_seconds)]
        self._guarding += ["--user", user] if user else []
        self._grace_seconds = grace_seconds
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The guard's process id: the root of the service's process tree."""
        if self._process is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the command; its output is appended to the log, which only the user can read."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = subprocess.Popen(
                [sys.executable, str(GUARD), *self._guarding, "--", *self._argv],
                stdin=subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    def exit_code(self) -> int | None:
        """Give the command's exit code, or None while it runs."""
        return None if self._process is None else self._process.poll()

    def wait(self, timeout_seconds: float) -> int:
        """Wait until the command ends by itself.

        Raises subprocess.TimeoutExpired.
        """
        if self._process is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._process.wait(timeout_seconds)

    def wait_until(
        self, ready: Callable[[], bool], timeout_seconds: float, every_seconds: float = 0.1
    ) -> None:
        """Wait until `ready()`.

        Raises CannotProceedError, with the last lines of the log, if the command ends or time runs out.
        """
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            code = self.exit_code()
            if code is not None:
                raise CannotProceedError(self._said(f"{self.name} ended with code {code} while starting."))
            if time.monotonic() > deadline:
                raise CannotProceedError(
                    self._said(f"{self.name} was not ready after {timeout_seconds:.0f} s.")
                )
            time.sleep(every_seconds)

    def ask_to_stop(self) -> None:
        """Begin to stop, without waiting: so that several services can stop at the same time."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def stop(self) -> None:
        """Stop the command and everything below it; does nothing if it has ended."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(self._grace_seconds + 10)
        except subprocess.TimeoutExpired:
            # The command then gets SIGKILL from the kernel, as its guard's death signal.
            self._process.kill()
            self._process.wait()

    def tail(self, lines: int = 15) -> str:
        """Give the last lines of the log, secrets masked."""
        return tail_of(self.log, lines)

    def _said(self, what: str) -> str:
        return f"{what} Its log is {self.log}; it ends with:\n{self.tail()}"


def tail_of(log: Path, lines: int = 15) -> str:
    """Give the last lines of a log, secrets masked; nothing if there is no log."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return mask("\n".join(text.splitlines()[-lines:]))
