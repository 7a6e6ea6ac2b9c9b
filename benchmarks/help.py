"""How long `replant --help` takes, beside a Python that does nothing. The target is under 0.3 s.

.venv/bin/python -m benchmarks.help [--times N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.record import Benchmark, Row, record

REPLANT = Path(sys.executable).with_name("replant")


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    ours, bare = [], []
    for _ in range(times):
        ours.append(_seconds([str(REPLANT), "--help"]))
        bare.append(_seconds([sys.executable, "-c", "pass"]))
    row = Row("median of alternating calls", median(ours), "python -c pass", median(bare), "s", "under 0.3 s")
    print(record(Benchmark("help", "replant --help", f"python -m benchmarks.help --times {times}", [row])))


def _seconds(argv: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
