"""The machine that the figures were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from engines.databases import connected
from engines.run import Run


def environment(versions: Mapping[str, str], *, load_before: float | None = None) -> dict[str, Any]:
    """Describe this machine; `versions` are those of what ran on it, by name.

    `load_before` is the one-minute load average from before the comparison started.
    """
    return {
        "machine": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": psutil.virtual_memory().total,
        "os": _system(),
        "kernel": platform.release(),
        "load_before": load_before,
        "versions": {"python": platform.python_version(), **versions},
    }


def versions_of(runs: tuple[Run, ...]) -> dict[str, str]:
    """Gather the versions that the runs name."""
    found: dict[str, str] = {}
    for run in runs:
        found.update(run.versions)
    return dict(sorted(found.items()))


def server_versions(url: str) -> dict[str, str]:
    """Ask the pipeline's database for its versions. Raises CannotProceedError if it cannot be reached."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), "
            "(SELECT extversion FROM pg_extension WHERE extname = 'postgis')"
        )
        server, postgis = cursor.fetchone() or ("", None)
    return {"PostgreSQL": str(server), **({"PostGIS": str(postgis)} if postgis else {})}


def _processor() -> str:
    """Give the processor's name as Linux knows it (proc(5): `model name` in /proc/cpuinfo)."""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    """Give the distribution's name (os-release(5))."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()
