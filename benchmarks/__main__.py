"""`make bench`: runs every benchmark, one after the other; `python -m benchmarks NAME...` only those."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    """List the benchmarks: the packages that can be run, and the modules that record figures."""
    packages = {path.parent.name for path in HERE.glob("*/__main__.py")}
    modules = {
        ".".join(path.relative_to(HERE).with_suffix("").parts)
        for path in HERE.rglob("*.py")
        if path.stem != "__main__" and "import Benchmark, Row, record" in path.read_text()
    }
    return sorted(packages | modules)


def main(wanted: list[str]) -> int:
    """Run them; give 1 if one failed, 2 for a name that does not exist."""
    unknown = [name for name in wanted if name not in names()]
    if unknown:
        print(
            f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(names())}.", file=sys.stderr
        )
        return 2
    failed = []
    for name in wanted or names():
        print(f"== {name}", file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"These failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
