"""Speaks to the recorder's server, from which each file's process is forked."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from engines.places import CHECKOUT
from migration.graph import Recording, recording_from
from migration.recorder import landlock, seccomp
from migration.recorder.child import read_frame, write_frame
from migration.recorder.readings import compared
from pipelines.errors import CannotProceedError

CHILD = Path(__file__).with_name("child.py")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "TZ": "UTC",
}
"""All that an author's file finds in its environment."""


@dataclass(frozen=True)
class Limits:
    """What one file may use."""

    seconds: float = 30.0
    memory_bytes: int = 2 * 1024**3
    """Of address space, which libraries claim generously."""
    sandbox: bool = True


@dataclass(frozen=True)
class Settings:
    """Values of Variables and Connections from an export; None: symbolic."""

    variables: Mapping[str, Any] | None = None
    connections: Mapping[str, Any] | None = None


def require_sandbox() -> None:
    """Say so if this kernel cannot lock a process in.

    Raises CannotProceedError.
    """
    if landlock.abi() >= landlock.LEAST_ABI and seccomp.available():
        return
    raise CannotProceedError(
        "This machine's kernel cannot lock in the code of the DAG files: that takes Landlock "
        "(Linux 6.2 or newer) and seccomp, on x86_64 or aarch64. "
        "If you trust the files as you trust your own programs, add --accept-no-sandbox."
    )


class Recorder:
    """One server process; not for use by several threads at once."""

    _worker = "migration.recorder.recording"

    def __init__(self, settings: Settings | None = None, limits: Limits | None = None) -> None:
        self._settings = settings or Settings()
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        if self._limits.sandbox:
            require_sandbox()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def record(self, file: Path, roots: Sequence[Path]) -> Recording:
        """Run one DAG file against the stand-in and give its graph, or the reason why there is none.

        Never raises because of what the file does.
        """
        outside = _outside(file, roots)
        if outside:
            return Recording(path=str(file), reason=outside)
        answer = self._asked(file, roots)
        if answer.pop("moves", False) and "reason" not in answer:
            answer = compared(answer, self._asked(file, roots, later=True), str(file.resolve()))
        if "reason" in answer:
            return Recording(path=str(file), reason=str(answer["reason"]))
        try:
            return recording_from(str(file), answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return Recording(
                path=str(file), reason=f"the recording has not the right shape ({type(error).__name__})"
            )

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _asked(self, file: Path, roots: Sequence[Path], later: bool = False) -> dict[str, Any]:
        """Have the file read; `later`: with another clock and another chance."""
        with tempfile.TemporaryDirectory(prefix="replant-record-") as scratch:
            return self._exchanged(
                {
                    "file": str(file.resolve()),
                    "roots": [str(root.resolve()) for root in dict.fromkeys(roots)],
                    "scratch": scratch,
                    "later": later,
                }
            )

    def _exchanged(self, question: dict[str, Any]) -> dict[str, Any]:
        """Send a request with the limits and settings; give the answer, or a reason."""
        request = {
            **question,
            "variables": self._settings.variables,
            "connections": self._settings.connections,
            "seconds": self._limits.seconds,
            "memory_bytes": self._limits.memory_bytes,
            "sandbox": self._limits.sandbox,
        }
        server = self._server()
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the recorder's server has no pipes")
        try:
            write_frame(server.stdin, json.dumps(request).encode())  # type: ignore[arg-type]
            frame = read_frame(server.stdout)  # type: ignore[arg-type]
        except BrokenPipeError:
            frame = None
        if frame is None:
            self.stop()
            return {"reason": "the recorder's server ended while it recorded this file"}
        answer = json.loads(frame)
        return answer if isinstance(answer, dict) else {"reason": "the recording is not an object"}

    def _server(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", str(CHILD), str(CHECKOUT), self._worker],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                start_new_session=True,
            )
        return self._process


def _outside(file: Path, roots: Sequence[Path]) -> str:
    """Say where a link leads that may not be followed, or that nothing is there."""
    try:
        target = file.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        return f"it cannot be read ({getattr(error, 'strerror', None) or 'a link to itself'})"
    if any(target.is_relative_to(root.resolve()) for root in roots):
        return ""
    return f"it is a link to {target}, out of the folders that were given; give that file too"
