"""1,000 settings against a local Prefect server: planned, applied, planned again; 200 beside a script.

    .venv/bin/python -m benchmarks.blocks [--settings N] [--beside M]

The targets are 2 s for a plan and 30 s for its application. Each figure is a whole command, Python's start
included. The server keeps its data in SQLite, as `prefect server start` does.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.record import Benchmark, Row, record
from engines.places import CHECKOUT
from engines.ports import LOOPBACK, free_ports
from engines.service import Service, environment

BY_HAND = Path(__file__).with_name("by_hand.py")
PEER = "Prefect's classes"


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=int, default=1000)
    parser.add_argument(
        "--beside", type=int, default=200, help="settings that the script writes, too; 0: none"
    )
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (port,) = free_ports(1)
        env = environment(
            folder,
            {
                "PREFECT_HOME": str(folder),
                "PREFECT_API_URL": f"http://{LOOPBACK}:{port}/api",
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "REPLANT_PLAN_KEY_FILE": str(folder / "plan.key"),
            },
        )
        argv = [sys.executable, "-m", "prefect", "server", "start", "--no-ui", "--host", LOOPBACK]
        with Service("Prefect", [*argv, "--port", str(port)], log=folder / "log", env=env) as service:
            service.wait_until(lambda: _healthy(env["PREFECT_API_URL"]), 300)
            before = os.getloadavg()[0]
            rows = _measure(options.beside, folder, env, beside=True) if options.beside else []
            rows += _measure(options.settings, folder, env, beside=False)
    loads = (before, os.getloadavg()[0])
    names = ("prefect", "prefect-sqlalchemy")
    path = record(
        Benchmark(
            name="blocks",
            title="Settings mirrored into Prefect",
            command=f"python -m benchmarks.blocks --settings {options.settings} --beside {options.beside}",
            rows=rows,
            versions={name: importlib.metadata.version(name) for name in names},
            remarks=[
                "Targets for 1,000 settings: a plan in 2 s, its application in 30 s. "
                f"The machine's load was {loads[0]:.1f} before and {loads[1]:.1f} after, on "
                f"{os.cpu_count()} cores."
            ],
        )
    )
    print(path)


def _settings(count: int, prefix: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make half connections; of the other half, one in ten is a secret and one in three an object."""
    half = count // 2
    connections = {
        f"{prefix}database_{number}": {
            "conn_type": "postgres", "login": f"u{number}", "password": f"p{number}", "host": "h",
            "port": 5432, "schema": "d", "extra": '{"sslmode": "require"}', "description": None,
        }
        for number in range(half)
    }  # fmt: skip
    variables: dict[str, Any] = {}
    for number in range(count - half):
        name = prefix + (f"secret_{number}" if number % 10 == 0 else f"value_{number}")
        variables[name] = {"a": number} if number % 3 == 0 and "secret" not in name else f"text {number}"
    return variables, connections


def _measure(count: int, folder: Path, env: Mapping[str, str], *, beside: bool) -> list[Row]:
    """Plan and apply `count` settings that are new, then again; with the script's times, or without."""
    prefix = f"n{count}_"
    variables, connections = _settings(count, prefix)
    files = [_write(folder / f"{prefix}variables.json", variables)]
    files.append(_write(folder / f"{prefix}connections.json", connections))
    given = json.dumps({"variables": variables, "connections": connections})
    plan = folder / f"{prefix}plan.json"
    blocks = [sys.executable, "-m", "replant", "blocks"]
    plans = [*blocks, "plan", "--from", *files, "--plan", str(plan)]
    applies = [*blocks, "apply", str(plan)]
    lists, saves = ([sys.executable, str(BY_HAND), *arguments] for arguments in (["list"], ["save", "hand-"]))
    _timed([*blocks, "plan", "--from", files[0]], env)  # the first start of all compiles and warms up

    def row(case: str, ours: list[str], peer: list[str] | None, note: str = "") -> Row:
        seconds = _timed(ours, env)
        peer_seconds = _timed(peer, env, given) if peer and beside else None
        return Row(f"{case} {count}", seconds, PEER if peer and beside else "", peer_seconds, "s", note)

    return [
        row(
            "plan, none there yet:", plans, lists, "the peer lists and compares names only" if beside else ""
        ),
        row("apply, all new:", applies, saves),
        row("plan, all there:", plans, lists),
        row("apply, nothing to do:", applies, None),
    ]


def _timed(argv: list[str], env: Mapping[str, str], given: str | None = None) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        argv, env=dict(env), cwd=CHECKOUT, input=given or "", text=True, capture_output=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(
            f"{' '.join(argv[1:5])} failed with {done.returncode}: {done.stderr[-500:]}{done.stdout[-500:]}"
        )
    return seconds


def _write(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    return str(path)


def _healthy(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
