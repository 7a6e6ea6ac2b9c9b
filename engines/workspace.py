"""A private folder for one session's running state; left-overs of killed sessions are swept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engines.places import CACHE


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a folder, mode 0700, that is removed afterwards."""
    sessions = CACHE / "run"
    sessions.mkdir(parents=True, exist_ok=True)
    sweep(sessions)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=sessions))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(sessions: Path) -> None:
    """Remove the folders of sessions whose process no longer exists."""
    for folder in sessions.iterdir():
        # named by the process that made it: 1234-abcdef
        pid = folder.name.partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
