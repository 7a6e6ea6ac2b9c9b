"""`replant diff`: two databases or files, compared row by row."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comparison.tables.databases import DiffOptions
    from comparison.tables.tables import Wanted

_EPILOG = """
A side is a SQLAlchemy URL of a PostgreSQL database, the name of a service in ~/.pg_service.conf (so that no
password stands in a command line), or a DuckDB, SQLite, CSV or Parquet file.
Exit: 0 identical (or within --threshold), 1 different, 2 a side or a table could not be compared.
"""


def add_diff_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `diff` to the front door."""
    diff = subparsers.add_parser(
        "diff",
        help="compare the rows of any two databases",
        description="Compares the tables of two databases row by row, reading both in one snapshot each and "
        "writing to neither.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    diff.add_argument("left", metavar="LEFT", help="the old side: a URL, a service name or a file")
    diff.add_argument("right", metavar="RIGHT", help="the new side")
    diff.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="T",
        help="a table or view, `schema.name` or `name`, or LEFT=RIGHT where the names differ; repeatable "
        "(default: all tables)",
    )
    diff.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="C",
        help="a column that identifies rows, repeatable; or TABLE=C1,C2; TABLE= for none "
        "(default: the primary key)",
    )
    diff.add_argument(
        "--tolerance",
        action="append",
        default=[],
        metavar="C=X",
        help="how far values of a column may be apart: 0.01, 0.1%%, 500ms, 2s, 3m (metres); repeatable",
    )
    diff.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="C",
        help="a column, a table.column or a pattern such as '*_at' that is not compared; repeatable",
    )
    diff.add_argument(
        "--threshold",
        default="0",
        metavar="N|P%",
        help="exit 1 only if more than N rows, or P %% of the rows, of a table differ (default 0)",
    )
    diff.add_argument(
        "--samples", type=int, default=20, metavar="N", help="samples of each kind (default 20)"
    )
    diff.add_argument(
        "--statement-timeout",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds after which a server gives up a query (default: never)",
    )
    diff.add_argument(
        "--out", type=Path, metavar="DIR", help="write diff.html, diff.json, tables.csv and differences.csv"
    )
    diff.add_argument("--json", action="store_true", help="print diff.json, nothing else")
    diff.set_defaults(handler=_diff)


def _diff(options: argparse.Namespace) -> int:
    import json

    from comparison.tables.output.files import write
    from comparison.tables.output.plain import as_json
    from comparison.tables.output.progress import Progress
    from comparison.tables.places import compare_places
    from comparison.tables.verdict import EXIT_CODES, judge, parse_threshold

    threshold = parse_threshold(options.threshold)
    wanted = _options(options)
    with Progress(quiet=options.json) as progress:
        result = compare_places(options.left, options.right, wanted, progress)
    word = judge(result, threshold)
    if options.out:
        paths = write(result, word, options.out)
        if not options.json:
            print(f"written: {', '.join(str(path) for path in paths)}", file=sys.stderr)
    if options.json:
        print(json.dumps(as_json(result, word), ensure_ascii=False))
    else:
        from comparison.tables.output.terminal import show

        show(result, word, sys.stdout)
    return EXIT_CODES[word]


def _options(options: argparse.Namespace) -> DiffOptions:
    """Read what the command line says. Raises CannotProceedError where it says something else."""
    from comparison.tables.databases import DiffOptions
    from comparison.tables.tolerance import parse
    from pipelines.errors import CannotProceedError

    tolerances = {}
    for text in options.tolerance:
        column, equals, amount = text.rpartition("=")
        if not equals:
            raise CannotProceedError(f"--tolerance {text}: write the column before the amount: COLUMN=0.01.")
        tolerances[column] = parse(column, amount)
    if options.samples < 0:
        raise CannotProceedError("--samples cannot be less than 0.")
    if options.statement_timeout < 0:
        raise CannotProceedError("--statement-timeout cannot be less than 0; 0 means never.")
    return DiffOptions(
        tables=tuple(_wanted(text) for text in options.table),
        keys=_keys(options.key),
        tolerances=tolerances,
        ignored=tuple(options.ignore),
        sample_limit=options.samples,
        statement_timeout_seconds=options.statement_timeout,
    )


def _wanted(text: str) -> Wanted:
    from comparison.tables.tables import Wanted

    left, equals, right = text.partition("=")
    return Wanted(left, right if equals else left)


def _keys(texts: list[str]) -> dict[str, tuple[str, ...]]:
    """Give the key's columns by table; under "" those that hold for all tables."""
    keys: dict[str, tuple[str, ...]] = {}
    for text in texts:
        table, equals, columns = text.rpartition("=")
        if equals:
            keys[table] = tuple(filter(None, columns.split(",")))
        else:
            keys[""] = (*keys.get("", ()), *filter(None, text.split(",")))
    return keys
