"""`replant compare`: from the command line to the report and the exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import get_args

from comparison.compare import Compared, CompareOptions, compare, stage_count
from comparison.evidence import InputFacts
from comparison.report.build import ReportInput, build_report
from comparison.report.environment import environment, versions_of
from comparison.report.terminal import print_summary
from comparison.report.write import write_report
from comparison.verdict import EXIT_CODES
from engines.one_run import WEBHOOK_VARIABLE, folder_for
from engines.options import input_source, pipeline_settings, session_options
from engines.progress import Stages
from engines.run import EngineName
from engines.side_by_side import SAVED
from pipelines import catalog
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

OURS = {"report.json", "report.html", "timings.csv", "differences.csv", "logs", SAVED}
"""What a report's folder holds: a folder with only these is written into again."""


def run_compare(options: argparse.Namespace) -> int:
    """Compare, write the report, print the summary; give the verdict's exit code."""
    pipeline = catalog.find(options.pipeline)
    engines = _engines(options.engines)
    if options.repeat < 1:
        raise CannotProceedError(f"--repeat must be 1 or more, but is {options.repeat}.")
    settings = pipeline_settings(options, pipeline)
    plant = _plant(options.plant, pipeline)
    out = _folder(options.out or folder_for(pipeline.name, "compare"))
    asked = CompareOptions(
        pipeline=pipeline,
        session=session_options(options, engines, options.mode, out / "logs"),
        source=input_source(options, pipeline),
        repeat=options.repeat,
        settings=settings,
        save_to=out / SAVED if options.mode == "dispatched" else None,
        plant=plant,
        webhook_url=os.environ.get(WEBHOOK_VARIABLE),
    )
    load_before = os.getloadavg()[0]
    with Stages(stage_count(asked), quiet=options.json) as stages:
        compared = compare(asked, stages)
        stages.begin("writing the report")
        report = build_report(_report_input(asked, compared, load_before))
        files = write_report(report, out)
    if options.out is None:
        _point_latest(out)
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print_summary(report, files)
    return EXIT_CODES[report["verdict"]]


def _engines(text: str) -> tuple[EngineName, ...]:
    """Read `--engines A,B`.

    Raises CannotProceedError on a name that does not exist, or fewer than two.
    """
    known = get_args(EngineName)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CannotProceedError(f"--engines knows {', '.join(known)}, but not {', '.join(unknown)}.")
    if len(names) < 2:
        raise CannotProceedError("--engines needs at least two engines to compare, such as airflow,prefect.")
    return tuple(name for name in known if name in names)


def _plant(name: str | None, pipeline: catalog.Pipeline) -> catalog.Plant | None:
    if name is None:
        return None
    if name not in pipeline.plants:
        known = ", ".join(pipeline.plants) or "none"
        raise CannotProceedError(
            f"{pipeline.name} has no difference to plant named {name!r}. It has: {known}."
        )
    return pipeline.plants[name]


def _folder(folder: Path) -> Path:
    """Make the report's folder.

    Raises CannotProceedError if that is not possible, or if it holds something that is no report.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = {path.name for path in folder.iterdir()} - OURS
    except OSError as error:
        raise CannotProceedError(
            f"The report's folder {folder} cannot be made: {error.strerror}. Choose another with --out."
        ) from None
    if strangers:
        raise CannotProceedError(
            f"{folder} holds {min(strangers)}, which is no part of a report. "
            "Choose an empty folder with --out."
        )
    return folder


def _report_input(asked: CompareOptions, compared: Compared, load_before: float) -> ReportInput:
    versions = {**compared.server_versions, **versions_of(tuple(roled.run for roled in compared.runs))}
    return ReportInput(
        pipeline=asked.pipeline.name,
        summary=asked.pipeline.summary,
        engines=asked.session.engines,
        mode=asked.session.mode,
        runs=compared.runs,
        pairs=compared.pairs,
        facts=InputFacts(compared.snapshot.hash, compared.snapshot.source, compared.snapshot.tables),
        environment=environment(versions, load_before=load_before),
        command=mask(" ".join(["replant", *sys.argv[1:]])),
        setups=compared.setups,
        settings=asked.settings,
        planted=asked.plant.summary if asked.plant else None,
    )


def _point_latest(out: Path) -> None:
    """Let reports/<pipeline>/latest name the newest report."""
    link = out.parent / "latest"
    fresh = out.parent / f".latest-{os.getpid()}"
    fresh.symlink_to(out.name)
    fresh.replace(link)
