"""`replant run` and `replant up`."""

from __future__ import annotations

import argparse
from pathlib import Path

from engines.options import ENGINE_NAMES, add_engine_arguments, add_input_arguments


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this room's commands to the front door."""
    run = subparsers.add_parser(
        "run",
        help="run a pipeline once on one engine",
        description="Runs a pipeline once on one engine, on a copy of its input, and prints the run.",
    )
    run.add_argument("pipeline", help="see `replant pipelines`")
    run.add_argument("--engine", required=True, choices=ENGINE_NAMES)
    run.add_argument("--mode", choices=("in-process", "dispatched"), default="dispatched")
    run.add_argument("--dry-run", action="store_true", help="change nothing; say what would be done")
    run.add_argument(
        "--in-place", action="store_true", help="run on the database of --database-url itself, and change it"
    )
    run.add_argument("--out", type=Path, metavar="DIR", help="folder for the logs")
    run.add_argument("--json", action="store_true", help="print the run as JSON")
    add_input_arguments(run)
    add_engine_arguments(run)
    run.set_defaults(handler=_run)

    up = subparsers.add_parser(
        "up",
        help="Airflow and Prefect with their UIs, side by side, until Ctrl-C",
        description="Starts Airflow and Prefect with the pipeline in them and a little history, prints where "
        "their UIs are, and waits for Ctrl-C.",
    )
    up.add_argument("--pipeline", default="tree_clusters", help="see `replant pipelines`")
    up.add_argument("--report", type=Path, metavar="DIR", help="reopen the UIs on the runs of this report")
    up.add_argument(
        "--runs", type=int, default=2, metavar="N", help="runs made on each, for history (default 2)"
    )
    add_input_arguments(up)
    add_engine_arguments(up)
    up.set_defaults(handler=_up)


def _run(options: argparse.Namespace) -> int:
    from engines.one_run import run_once

    return run_once(options)


def _up(options: argparse.Namespace) -> int:
    from engines.side_by_side import up

    return up(options)
