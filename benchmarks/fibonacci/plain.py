"""The cases as a plain loop: in this process, and as a fresh Python, which is what cron would start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fibonacci.cases import CASES, Case, Measured, fibo
from engines.places import CHECKOUT


def measure(folder: Path, metadata_url: str, *, tuned: bool, repeats: int) -> Iterator[Measured]:
    """Give each case `repeats` times, in both modes; nothing is to be tuned here."""
    for _ in range(repeats):
        for case in CASES:
            yield Measured("plain", "in-process", tuned, case, _loop(case), "a function call")
            yield Measured(
                "plain", "dispatched", tuned, case, _process(case), "a function call in a fresh Python"
            )


def _loop(case: Case) -> float:
    began = time.monotonic()
    for _ in range(case.tasks):
        fibo(case.n)
    return time.monotonic() - began


def _process(case: Case) -> float:
    code = f"from benchmarks.fibonacci.cases import fibo\nfor _ in range({case.tasks}): fibo({case.n})"
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CHECKOUT)
    return time.monotonic() - began
