"""CPU and memory of one comparison: of the process that asks and of the server that answers."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psutil

from engines.places import CACHE, CHECKOUT, TOOLKIT_PYTHON

PEERS_PYTHON = CACHE / "bench-diff" / "bin" / "python"
METHODS = Path(__file__).with_name("methods.py")
OURS = "replant"
FROM_TOOLKIT = ("bare_join", "bare_copy", "except_all")


@dataclass(frozen=True)
class Measured:
    """What one process took, its server included."""

    cpu_seconds: float
    wall_seconds: float
    memory_mb: float
    """Highest resident memory of the client."""
    found: Mapping[str, Any] | None
    error: str = ""


def measure(method: str, left: tuple[str, str], right: tuple[str, str], server: int) -> Measured:
    """Compare two tables, each given by URL and name; `server` is the root of the server's processes."""
    environment = {
        **os.environ,
        "LEFT_URL": left[0],
        "RIGHT_URL": right[0],
        "HOME": str(CACHE / "bench-home"),
    }
    argv = _argv(method, left, right)
    before, began = _server_cpu(server), time.monotonic()
    with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
        process = subprocess.Popen(argv, stdout=out, stderr=errors, env=environment, cwd=CHECKOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        time.sleep(0.3)  # the backends end, and their time is added to the server's
        server_cpu = _server_cpu(server) - before
        out.seek(0)
        errors.seek(0)
        text, said = out.read(), errors.read()
    cpu = usage.ru_utime + usage.ru_stime + server_cpu
    found, error = _found(method, text), ""
    if found is None:
        error = (said.strip().splitlines() or [f"exit {process.returncode}"])[-1][:160]
    return Measured(cpu, wall, usage.ru_maxrss / 1024, found, error)


def _argv(method: str, left: tuple[str, str], right: tuple[str, str]) -> list[str]:
    if method == OURS:
        tables = f"{left[1]}={right[1]}"
        return [str(TOOLKIT_PYTHON), "-m", "benchmarks.diff.ours", "--table", tables, "--json"]
    python = TOOLKIT_PYTHON if method in FROM_TOOLKIT else PEERS_PYTHON
    return [str(python), str(METHODS), method, left[1], right[1]]


def _found(method: str, text: str) -> Mapping[str, Any] | None:
    try:
        plain = json.loads(text)
    except ValueError:
        return None
    if method == OURS:
        found: Mapping[str, Any] | None = plain["tables"][0]["difference"]
        return found
    return dict(plain)


def _server_cpu(root: int) -> float:
    """Sum what the server's processes took, those that have ended included."""
    total = 0.0
    parent = psutil.Process(root)
    for process in (parent, *parent.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
