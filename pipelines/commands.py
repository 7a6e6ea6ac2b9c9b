"""The commands of this room: which pipelines there are, and input for them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.catalog import Pipeline
    from pipelines.tree_clusters.sample import Filled, Tell

SHOWN_REJECTS = 5


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this room's commands to the front door."""
    pipelines = subparsers.add_parser("pipelines", help="list the pipelines, their steps and outputs")
    pipelines.add_argument("--json", action="store_true", help="as JSON, for machines")
    pipelines.set_defaults(handler=_list_pipelines)

    sample = subparsers.add_parser(
        "sample",
        help="fill an empty database with realistic input",
        description="Creates a pipeline's tables in an empty database and fills them.",
    )
    sample.add_argument("pipeline", metavar="PIPELINE", help="`replant pipelines` lists them")
    sample.add_argument("--database-url", required=True, metavar="URL", help="of an empty database")
    amount = sample.add_mutually_exclusive_group()
    amount.add_argument("--trees", type=int, default=10_000, metavar="N", help="default 10000")
    amount.add_argument("--trees-csv", type=Path, metavar="FILE", help="your trees instead of made-up ones")
    sample.add_argument("--seed", type=int, default=1, metavar="S", help="same seed, same trees; default 1")
    for name, what in (("id", "number"), ("lat", "latitude"), ("lon", "longitude")):
        sample.add_argument(
            f"--{name}-column", default=name, metavar="NAME", help=f"of the {what} in FILE; default {name}"
        )
    sample.add_argument(
        "--rejects", type=Path, metavar="FILE", help="where unusable rows go; default NAME.rejects.csv here"
    )
    sample.set_defaults(handler=_sample)


def _list_pipelines(options: argparse.Namespace) -> int:
    from pipelines import catalog

    found = [catalog.find(name) for name in catalog.names()]
    if options.json:
        print(json.dumps([_described(pipeline) for pipeline in found], indent=2))
        return 0
    for pipeline in found:
        print(f"{pipeline.name}: {pipeline.summary}")
        for title, rows in (("steps", _steps(pipeline)), ("outputs", _outputs(pipeline))):
            print(f"  {title}")
            for name, summary in rows:
                print(f"    {name:<20} {summary}")
    return 0


def _steps(pipeline: Pipeline) -> list[tuple[str, str]]:
    return [(step.name, step.summary) for step in pipeline.steps]


def _outputs(pipeline: Pipeline) -> list[tuple[str, str]]:
    def compared(key: tuple[str, ...]) -> str:
        return f"rows by {', '.join(key)}" if key else "rows as a multiset"

    return [(output.name, compared(output.key)) for output in pipeline.outputs]


def _described(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "name": pipeline.name,
        "summary": pipeline.summary,
        "steps": [
            {"name": step.name, "summary": step.summary, "needs": list(step.needs)} for step in pipeline.steps
        ],
        "outputs": [
            {
                "name": output.name,
                "key": list(output.key),
                "tolerances": dict(output.tolerances),
                "volatile": list(output.volatile),
            }
            for output in pipeline.outputs
        ],
        "airflow_dag_id": pipeline.airflow_dag_id,
        "prefect_flow": pipeline.prefect_flow,
    }


def _sample(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from pipelines import catalog
    from pipelines.errors import CannotProceedError
    from pipelines.tree_clusters.sample import STAGES

    if catalog.find(options.pipeline).name != "tree_clusters":
        raise CannotProceedError(f"There is no sample for {options.pipeline}, only for tree_clusters.")
    console = Console(stderr=True)
    if not console.is_terminal:
        filled = _filled(options, lambda doing: print(f"{doing} ...", file=sys.stderr, flush=True))
    else:
        columns = (BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
        with Progress(TextColumn("{task.description}"), *columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=STAGES, completed=-1)
            filled = _filled(options, lambda doing: bar.update(task, description=doing, advance=1))
    _tell_filled(filled)
    return 0


def _filled(options: argparse.Namespace, tell: Tell) -> Filled:
    from pipelines.tree_clusters.sample import fill_from_csv, fill_sample
    from pipelines.tree_clusters.tree_csv import Columns

    if options.trees_csv is None:
        return fill_sample(options.database_url, options.trees, options.seed, tell)
    columns = Columns(options.id_column, options.lat_column, options.lon_column)
    return fill_from_csv(options.database_url, options.trees_csv, columns, options.rejects, tell)


def _tell_filled(filled: Filled) -> None:
    print(f"{filled.trees:,} trees and {filled.regions:,} regions are in the database.")
    if not filled.rejected:
        return
    print(f"{len(filled.rejected):,} rows could not be used; they are listed in {filled.rejects}:")
    for one in filled.rejected[:SHOWN_REJECTS]:
        print(f"  line {one.line}: {one.reason}")
    if len(filled.rejected) > SHOWN_REJECTS:
        print(f"  and {len(filled.rejected) - SHOWN_REJECTS:,} more")
