"""A short-lived subprocess that is given a request on stdin and answers with one line of JSON.

How runs in process mode are made: secrets reach it by its standard input, never by its command line, and
like a service it does not outlive replant.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engines.service import GUARD, tail_of
from pipelines.errors import CannotProceedError


def call(
    name: str,
    argv: Sequence[str],
    request: Mapping[str, Any],
    *,
    env: Mapping[str, str],
    log: Path,
    timeout_seconds: float,
    on_start: Callable[[int], None] = lambda _pid: None,
) -> dict[str, Any]:
    """Run `argv` under a guard, give it the request, return the JSON of its last line of output.

    `on_start` is told the guard's process id. Standard error goes to `log`, which only the user can read.

    Raises CannotProceedError, with the end of the log, if it ends without an answer or takes too long.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile("w+") as said, os.fdopen(os.memfd_create("request"), "w+") as asked:
        json.dump(dict(request), asked)
        asked.seek(0)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = subprocess.Popen(
                [sys.executable, str(GUARD), "--stdin-fd", str(asked.fileno()), "--", *argv],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=descriptor,
                env=dict(env),
                pass_fds=[asked.fileno()],
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        on_start(process.pid)
        try:
            code = process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise CannotProceedError(
                f"{name} did not end within {timeout_seconds:.0f} s; see {log}."
            ) from None
        finally:
            if process.stdin is not None:
                process.stdin.close()  # tells the guard to end whatever is left
            process.wait()
        said.seek(0)
        lines = said.read().strip().splitlines()
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise CannotProceedError(
            f"{name} ended with code {code} and no answer. Its log is {log}; it ends with:\n{tail_of(log)}"
        ) from None
    if not isinstance(answer, dict):
        raise CannotProceedError(f"{name} answered with something else than an outcome; see {log}.")
    return answer
