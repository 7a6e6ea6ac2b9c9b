"""The commands of this room: `replant blocks plan / apply / check / export / uses`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this room's commands to the front door."""
    blocks = subparsers.add_parser(
        "blocks",
        help="mirror Airflow's Variables and Connections into Prefect, and back",
        description="Mirrors Airflow's Variables and Connections into Prefect's Variables and blocks, "
        "and back.",
    )
    kinds = blocks.add_subparsers(metavar="COMMAND", required=True)
    _plan(kinds)
    _apply(kinds)
    _check(kinds)
    _export(kinds)
    _uses(kinds)


def _plan(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = kinds.add_parser(
        "plan",
        help="show what would be written",
        description="Shows per setting what would be done in Prefect: create, change, leave, conflict. "
        "Writes nothing but the plan file, which holds no value.",
    )
    _add_sources(parser)
    parser.add_argument("--plan", type=Path, metavar="FILE", help="write the plan for `replant blocks apply`")
    parser.add_argument("--take-over", action="store_true", help="overwrite what replant did not write, too")
    parser.add_argument("--json", action="store_true", help="the plan as JSON on stdout")
    parser.set_defaults(handler=_run_plan)


def _apply(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = kinds.add_parser(
        "apply",
        help="carry out a plan",
        description="Reads the plan's sources again and does exactly what the plan says; stops if a source "
        "or Prefect has changed since.",
    )
    parser.add_argument("plan", type=Path, metavar="FILE", help="what `replant blocks plan --plan` wrote")
    parser.add_argument("--json", action="store_true", help="what came of each setting, as JSON on stdout")
    parser.set_defaults(handler=_run_apply)


def _check(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = kinds.add_parser(
        "check",
        help="find what is no longer the same on both sides",
        description="Exit code 0 if both sides are in step, 1 if not, 2 if that could not be found out.",
    )
    _add_sources(parser)
    parser.add_argument("--json", action="store_true", help="the drift as JSON on stdout")
    parser.set_defaults(handler=_run_check)


def _export(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = kinds.add_parser(
        "export",
        help="write files that Airflow imports",
        description="Writes variables.json and connections.json (mode 0600) with what was mirrored, as it is "
        "in Prefect now.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the two files")
    parser.add_argument("--env", metavar="NAME", help="the environment (blocks/environments/NAME.toml)")
    parser.add_argument("--json", action="store_true", help="what was written, as JSON on stdout: no values")
    parser.set_defaults(handler=_run_export)


def _uses(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = kinds.add_parser(
        "uses",
        help="list which settings DAG files read, and where",
        description="Reads DAG files without running them and lists the Variables and Connections they read.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="DAG files or folders")
    _add_sources(parser)
    parser.add_argument("--json", action="store_true", help="the list as JSON on stdout")
    parser.set_defaults(handler=_run_uses)


def _add_sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="sources",
        action="append",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="an export file (.json, .yaml, .env), variables:FILE, connections:FILE, env:, dotenv:FILE or "
        "airflow:URL; can be given several times",
    )
    parser.add_argument(
        "--airflow-python",
        type=Path,
        metavar="PYTHON",
        help="read the Airflow of this Python as well: unmasked, secrets backends included",
    )
    parser.add_argument("--env", metavar="NAME", help="the environment (blocks/environments/NAME.toml)")


def _run_plan(options: argparse.Namespace) -> int:
    from blocks.command_runs import run_plan

    return run_plan(options)


def _run_apply(options: argparse.Namespace) -> int:
    from blocks.command_runs import run_apply

    return run_apply(options)


def _run_check(options: argparse.Namespace) -> int:
    from blocks.command_runs import run_check

    return run_check(options)


def _run_export(options: argparse.Namespace) -> int:
    from blocks.command_runs import run_export

    return run_export(options)


def _run_uses(options: argparse.Namespace) -> int:
    from blocks.uses_command import run_uses

    return run_uses(options)
