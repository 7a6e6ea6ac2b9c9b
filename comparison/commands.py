"""`replant compare` and `replant diff`."""

from __future__ import annotations

import argparse
from pathlib import Path

from comparison.diff_command import add_diff_command
from engines.options import ENGINE_NAMES, add_engine_arguments, add_input_arguments


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this room's commands to the front door."""
    add_diff_command(subparsers)
    compare = subparsers.add_parser(
        "compare",
        help="run a pipeline on several engines; compare rows and times",
        description="Runs a pipeline on each engine from identical copies of one input, compares the outputs "
        "row by row, measures, and writes a report. Exit: 0 identical, 1 different, 2 could not compare.",
    )
    compare.add_argument("pipeline", help="see `replant pipelines`")
    compare.add_argument(
        "--engines",
        default=",".join(ENGINE_NAMES),
        metavar="A,B",
        help=f"two or more of {', '.join(ENGINE_NAMES)} (default: all)",
    )
    compare.add_argument("--mode", choices=("in-process", "dispatched"), default="dispatched")
    compare.add_argument("--repeat", type=int, default=3, metavar="N", help="measured runs (default 3)")
    compare.add_argument("--out", type=Path, metavar="DIR", help="folder for the report")
    compare.add_argument("--json", action="store_true", help="print report.json, nothing else")
    compare.add_argument(
        "--plant",
        metavar="KIND",
        help="put a difference into the last engine's side, to see that it is found: row, priority or step",
    )
    add_input_arguments(compare)
    add_engine_arguments(compare)
    compare.set_defaults(handler=_compare)


def _compare(options: argparse.Namespace) -> int:
    from comparison.compare_command import run_compare

    return run_compare(options)
