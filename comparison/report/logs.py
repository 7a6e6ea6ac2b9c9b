"""Finds what a failed run left behind: the end of the log of the task that failed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engines.run import Run
from pipelines.secrets import mask

TAIL_LINES = 40
TAIL_BYTES = 65_536


@dataclass(frozen=True)
class LogTail:
    """The last lines of a log."""

    path: str
    text: str
    """Secrets masked by their shape."""


def failed_log(run: Run) -> LogTail | None:
    """Give the end of the log of the first task that failed, or of the newest log of a failed run.

    None for a run that succeeded, and where no log of it can be read.
    """
    if run.state != "failed":
        return None
    for path in _candidates(run):
        text = _tail(path)
        if text.strip():
            return LogTail(str(path), mask(text))
    return None


def _candidates(run: Run) -> list[Path]:
    folder = Path(run.log_dir) if run.log_dir else None
    named = [task.log for task in run.tasks if task.state == "failed" and task.log and "://" not in task.log]
    found = [folder / log if folder else Path(log) for log in named]
    if folder and folder.is_dir():
        logs = [path for path in folder.rglob("*") if path.is_file() and path.suffix in {".log", ".txt"}]
        found += sorted(logs, key=lambda path: path.stat().st_mtime, reverse=True)
    return [path for path in found if path.is_file()]


def _tail(path: Path) -> str:
    with path.open("rb") as log:
        log.seek(0, 2)
        log.seek(max(0, log.tell() - TAIL_BYTES))
        lines = log.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
