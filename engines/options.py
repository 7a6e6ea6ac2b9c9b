"""Command-line options that run, compare and up have in common, and what they mean."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import CannotProceedError

if TYPE_CHECKING:
    from engines.run import EngineName, Mode
    from engines.session import SessionOptions
    from engines.snapshot import Snapshot
    from pipelines.catalog import Pipeline

ENGINE_NAMES = ("standalone", "airflow", "prefect")
DEFAULT_TREES = 10_000
Source = Callable[[str], "AbstractContextManager[Snapshot]"]


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the runs start from."""
    group = parser.add_argument_group("input")
    group.add_argument(
        "--database-url",
        default=os.environ.get("REPLANT_DATABASE_URL"),
        metavar="URL",
        help="a PostgreSQL with PostGIS (or REPLANT_DATABASE_URL); its database is copied and only read. "
        "Default: one of our own, started and stopped",
    )
    group.add_argument("--trees", type=int, metavar="N", help=f"sample of N trees (default {DEFAULT_TREES})")
    group.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the sample (default 1)")
    group.add_argument("--trees-csv", type=Path, metavar="FILE", help="trees from a CSV file instead")
    group.add_argument("--id-column", default="id", metavar="NAME")
    group.add_argument("--lat-column", default="lat", metavar="NAME")
    group.add_argument("--lon-column", default="lon", metavar="NAME")
    group.add_argument("--rejects", type=Path, metavar="FILE", help="where bad rows of the CSV are kept")
    group.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the pipeline (JSON or text); may be repeated",
    )


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which engines are used, and how they are set."""
    group = parser.add_argument_group("engines")
    group.add_argument("--tuned", action="store_true", help="settings for quick pick-up, not the defaults")
    group.add_argument("--airflow-python", type=Path, metavar="PATH", help="Python of an Airflow of yours")
    group.add_argument("--airflow-url", metavar="URL", help="a running Airflow of yours")
    group.add_argument(
        "--prefect-api-url",
        default=os.environ.get("PREFECT_API_URL"),
        metavar="URL",
        help="a running Prefect API of yours (or PREFECT_API_URL)",
    )


def session_options(
    options: argparse.Namespace, engines: tuple[EngineName, ...], mode: Mode, log_dir: Path
) -> SessionOptions:
    """Make of the parsed options what a session is started with."""
    from engines.session import SessionOptions

    return SessionOptions(
        engines=engines,
        mode=mode,
        log_dir=log_dir,
        tuned=options.tuned,
        database_url=options.database_url,
        airflow_python=options.airflow_python,
        airflow_url=options.airflow_url,
        prefect_api_url=options.prefect_api_url,
    )


def input_source(options: argparse.Namespace, pipeline: Pipeline) -> Source:
    """Give what opens the input snapshot on a server.

    Raises CannotProceedError on options that contradict each other.
    """
    from engines.snapshot import snapshot_of, snapshot_of_users_database

    if options.trees is not None and options.trees_csv is not None:
        raise CannotProceedError("--trees and --trees-csv exclude each other: choose one input.")
    if options.trees is not None and options.trees < 0:
        raise CannotProceedError(f"--trees must be 0 or more, but is {options.trees}.")
    if options.trees_csv is not None:
        return lambda url: snapshot_of(
            url, pipeline, f"the trees of {options.trees_csv}", lambda empty: _fill_csv(options, empty)
        )
    if options.database_url is not None and options.trees is None:
        return lambda url: snapshot_of_users_database(url, pipeline)
    trees = DEFAULT_TREES if options.trees is None else options.trees
    return lambda url: snapshot_of(
        url,
        pipeline,
        f"sample of {trees:,} trees, seed {options.seed}",
        lambda empty: pipeline.fill_sample(empty, trees, options.seed),
    )


def _fill_csv(options: argparse.Namespace, url: str) -> str:
    """Fill from the user's file; say what could not be used."""
    from pipelines.tree_clusters.sample import fill_from_csv
    from pipelines.tree_clusters.tree_csv import Columns

    columns = Columns(options.id_column, options.lat_column, options.lon_column)
    filled = fill_from_csv(url, options.trees_csv, columns, options.rejects)
    if not filled.rejected:
        return "every row could be used"
    return f"{len(filled.rejected):,} rows could not be used and are listed in {filled.rejects}"


def pipeline_settings(options: argparse.Namespace, pipeline: Pipeline) -> dict[str, Any]:
    """Read the `--setting NAME=VALUE` options.

    Raises CannotProceedError if one has no `=`, or a name that the pipeline does not know.
    """
    from pipelines.catalog import settings_for

    values: dict[str, Any] = {}
    for text in options.setting:
        name, equals, value = text.partition("=")
        if not equals:
            raise CannotProceedError(f"--setting takes NAME=VALUE, but got {text!r}.")
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    settings_for(pipeline, values)
    return values
