"""The commands of this room."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this room's commands to the front door."""
    parser = subparsers.add_parser(
        "convert",
        help="turn Airflow DAG files into Prefect flows",
        description="Runs each DAG file in a process that the kernel locks in, writes Prefect flows, and "
        "says what became of each task, edge and attribute. Exit code 0: all converted; 1: something is "
        "refused or a file is unreadable; 2: nothing could be read.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="DAG files, or folders of them")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the flows and the report"
    )
    parser.add_argument(
        "--settings", type=Path, action="append", default=[], metavar="EXPORT",
        help="export of Airflow's Variables or Connections, for files that decide by them",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print MIGRATION.json's summary")
    parser.add_argument("--seconds", type=float, default=30.0, help="time limit for each file (30)")
    parser.add_argument(
        "--accept-no-sandbox", action="store_true",
        help="run the files' code without the kernel's locks: as dangerous as running it by hand",
    )  # fmt: skip
    parser.set_defaults(handler=_convert)


def _convert(options: argparse.Namespace) -> int:
    from migration.session import convert

    return convert(
        options.paths,
        options.out,
        settings=options.settings,
        as_json=options.json,
        seconds=options.seconds,
        sandbox=not options.accept_no_sandbox,
    )
