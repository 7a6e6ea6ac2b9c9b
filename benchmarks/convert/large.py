"""A folder of many files: how fast, whether memory stays flat, and whether an interrupted run goes on.

`replant convert` is started as a user starts it, interrupted in the middle as by Ctrl-C, and started again.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.convert.corpora import Corpus
from engines.places import CHECKOUT
from migration.folder import KEPT
from migration.places import Place, places

PROGRAM = "import sys; from replant import main; sys.exit(main())"


def measured(chosen: Sequence[Corpus], count: int) -> dict[str, Any]:
    """Give the figures for a folder of this many files, taken from the corpora in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name) / "dags", Path(name) / "out"
        _fill(folder, [place for corpus in chosen for place in places([corpus.folder])], count)
        first = _run(folder, out, stop_after=count // 2)
        kept = len(list((out / KEPT).glob("*.json")))
        second = _run(folder, out, stop_after=None)
        manifest = json.loads((out / "MIGRATION.json").read_text(encoding="utf-8"))
        seconds = first["seconds"] + second["seconds"]
        samples = second["mib"]
        return {
            "case": f"a folder of {count} files, interrupted and taken up again",
            "files": count,
            "entries": len(manifest["files"]),
            "seconds": round(seconds, 1),
            "files_per_second": round(count / seconds, 2),
            "kept_when_interrupted": kept,
            "exit_when_interrupted": first["exit"],
            "progress_lines": first["progress"] + second["progress"],
            "mib_first_third": samples[len(samples) // 3] if samples else None,
            "mib_last_third": samples[2 * len(samples) // 3] if samples else None,
            "load_average": round(os.getloadavg()[0], 1),
        }


def _fill(folder: Path, found: Sequence[Place], count: int) -> None:
    for number, place in enumerate(itertools.islice(itertools.cycle(found), count)):
        target = folder / f"team_{number // 50:03}" / f"{place.file.stem}_{number:04}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place.file, target)


def _run(folder: Path, out: Path, stop_after: int | None) -> dict[str, Any]:
    """Start the command; interrupt it when so many files are done, or wait for its end."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "convert", str(folder), "--out", str(out)],
        cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    samples: list[int] = []
    while process.poll() is None:
        time.sleep(1.0)
        samples.append(_mebibytes(process.pid))
        if stop_after is not None and len(list((out / KEPT).glob("*.json"))) >= stop_after:
            process.send_signal(signal.SIGINT)
            break
    _, said = process.communicate(timeout=120)
    progress = sum(" files" in line for line in said.splitlines())
    return {
        "seconds": time.monotonic() - started,
        "exit": process.returncode,
        "progress": progress,
        "mib": [one for one in samples if one],
    }


def _mebibytes(pid: int) -> int:
    """Give the memory of a process and all below it, shared pages counted once."""
    waiting, total = [pid], 0
    while waiting:
        one = waiting.pop()
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ValueError):
            continue
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return total // 1024
