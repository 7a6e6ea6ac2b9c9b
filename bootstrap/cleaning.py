"""Removes all that the set-up and replant made in the checkout, but the reports."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.places import CACHE, CHECKOUT, INSTALLED_BY_APT

MADE = (".venv", ".venv-airflow", ".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")
ROOMS_SKIPPED = {".git", "reports", *MADE}


def clean() -> None:
    """Remove environments and caches, here and in /var/tmp.

    Raises SetupError while something of replant runs in this checkout.
    """
    outside = Path(f"/var/tmp/replant-{os.getuid()}")  # noqa: S108 - where databases went from a closed checkout
    for sessions in (CACHE / "run", CACHE / "postgres", outside):
        _refuse_if_running(sessions)
    by_apt = INSTALLED_BY_APT.read_text().split() if INSTALLED_BY_APT.exists() else []
    for name in MADE:
        _remove(CHECKOUT / name)
    for room in CHECKOUT.iterdir():
        if room.is_dir() and room.name not in ROOMS_SKIPPED:
            for compiled in [*room.rglob("__pycache__"), *room.glob("*.egg-info")]:
                _remove(compiled)
    _remove(CHECKOUT / "__pycache__")
    if outside.is_dir() and outside.stat().st_uid == os.getuid():
        _remove(outside)
    if (CHECKOUT / "reports").exists():
        print("Kept: reports/.", file=sys.stderr)
    if by_apt:
        remove = f"apt-get autoremove --purge {' '.join(by_apt)}"
        print(f"Kept: what apt installed on this machine. `{remove}` removes it.", file=sys.stderr)


def _refuse_if_running(sessions: Path) -> None:
    """Look for folders of living sessions: each is named by the process that made it, as 1234-abcdef."""
    for folder in sessions.iterdir() if sessions.is_dir() else ():
        pid = folder.name.partition("-")[0]
        if pid.isdigit() and Path("/proc", pid).exists():
            raise SetupError(
                f"replant is running in this checkout (process {pid}). Stop it, then call again."
            )


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
        print(f"Removed: {folder}", file=sys.stderr)
