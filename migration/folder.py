"""A whole folder: several processes, each file's entry kept at once, so that a run can be taken up again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import os
import queue
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from migration.checker.run import Checker
from migration.entry import Entry, entry_of
from migration.places import Place
from migration.recorder.run import Limits, Recorder, Settings
from pipelines.errors import CannotProceedError

KEPT = ".replant-convert"
"""Folder in the output for the entries of a run that has not ended."""
FORMAT = 1
OWN = ("flows", "prefect.yaml", "requirements.in", "MIGRATION.html")


@dataclasses.dataclass(frozen=True)
class Job:
    """What all processes of one run share."""

    out: Path
    settings: Settings
    limits: Limits
    ruff: str | None
    processes: int = max(1, min(4, os.cpu_count() or 1))


def prepare(out: Path) -> list[str]:
    """Make the output folder; take care that nothing in it is lost. Give what an earlier run wrote there.

    Raises CannotProceedError.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise CannotProceedError(
            f"{out} cannot be written to ({error.strerror or error}). Give another folder with --out."
        ) from None
    written = _written_before(out)
    foreign = [name for name in OWN if (out / name).exists()] if written is None else []
    if foreign:
        raise CannotProceedError(
            f"{out} has {', '.join(foreign)} already, which `replant convert` did not write. "
            "Give an empty folder with --out."
        )
    changed = sorted(name for name, digest in (written or {}).items() if _is_other(out / name, digest))
    if changed:
        first = out / changed[0]
        what = f"{first} and {len(changed) - 1} more were" if changed[1:] else f"{first} was"
        raise CannotProceedError(
            f"{what} changed since `replant convert` wrote it. Give another folder with --out, "
            "and take your changes over from there."
        )
    return list(written or ())


def _written_before(out: Path) -> dict[str, str] | None:
    """Give the digests of the files that an earlier run has written; None if there was none."""
    try:
        known = json.loads((out / "MIGRATION.json").read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in known.get("written", {}).items()}
    except (OSError, ValueError, AttributeError):
        return None


def _is_other(file: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() != digest
    except OSError:
        return False


def convert_all(found: Sequence[Place], job: Job, told: Callable[[Entry], None]) -> list[Entry]:
    """Convert every file, those that an interrupted run left over; give the entries in the files' order."""
    kept = job.out / KEPT
    kept.mkdir(parents=True, exist_ok=True)
    known = {place: _load(kept / _key(place, job)) for place in found}
    entries = {place: entry for place, entry in known.items() if entry is not None}
    for entry in entries.values():
        told(entry)
    waiting = [place for place in found if place not in entries]
    entries.update(_converted(waiting, job, told))
    shutil.rmtree(kept, ignore_errors=True)
    return [entries[place] for place in found if place in entries]


def _converted(waiting: Sequence[Place], job: Job, told: Callable[[Entry], None]) -> dict[Place, Entry]:
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    shares = [list(waiting[number :: job.processes]) for number in range(job.processes)]
    workers = [
        context.Process(target=_work, args=(share, job, results), daemon=True) for share in shares if share
    ]
    for worker in workers:
        worker.start()
    entries: dict[Place, Entry] = {}
    try:
        while len(entries) < len(waiting):
            try:
                place, entry = results.get(timeout=1.0)
            except queue.Empty:
                if not any(worker.is_alive() for worker in workers):
                    raise RuntimeError("a converting process ended before its files were done") from None
                continue
            entries[place] = entry
            told(entry)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    return entries


def _work(share: list[Place], job: Job, results: Any) -> None:
    """Convert some files, one after the other, in a process of its own."""
    with Recorder(job.settings, job.limits) as recorder, Checker(limits=job.limits) as checker:
        for place in share:
            entry = entry_of(place, recorder, checker, job.ruff)
            target = job.out / KEPT / _key(place, job)
            partial = target.with_suffix(".part")
            partial.write_text(json.dumps(dataclasses.asdict(entry)), encoding="utf-8")
            partial.rename(target)
            results.put((place, entry))


def _key(place: Place, job: Job) -> str:
    """Name what an entry depends on: the file and the settings."""
    settings = json.dumps(dataclasses.asdict(job.settings), sort_keys=True, default=str)
    asked = f"{FORMAT}:{settings}:{place.file}:".encode()
    try:
        content = place.file.read_bytes()
    except OSError:
        content = b""
    digest = hashlib.sha256(asked + content).hexdigest()
    return f"{digest[:32]}.json"


def _load(path: Path) -> Entry | None:
    try:
        return Entry(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
