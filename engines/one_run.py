"""`replant run`: one run on one engine, printed."""

from __future__ import annotations

import argparse
import json
import os
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engines.options import input_source, pipeline_settings, session_options
from engines.places import CHECKOUT
from engines.progress import Stages
from engines.run import Run, RunRequest, TaskRun, run_as_json
from engines.session import open_session
from pipelines import catalog
from pipelines.errors import CannotProceedError

WEBHOOK_VARIABLE = "REPLANT_SLACK_WEBHOOK"


def run_once(options: argparse.Namespace) -> int:
    """Run, print, and give the exit code: 0 success, 1 the run failed."""
    pipeline = catalog.find(options.pipeline)
    settings = pipeline_settings(options, pipeline)
    if options.dry_run:
        settings["dry_run"] = True
    if options.in_place and not options.database_url:
        raise CannotProceedError("--in-place needs --database-url: the database to run on.")
    log_dir = options.out or folder_for(pipeline.name, "run")
    log_dir.mkdir(parents=True, exist_ok=True)
    with Stages(4, quiet=options.json) as stages, ExitStack() as stack:
        run = _run_in_session(options, pipeline, settings, log_dir, stages, stack)
    print(json.dumps(run_as_json(run), indent=2) if options.json else in_words(run))
    return 0 if run.state == "success" else 1


def _run_in_session(
    options: argparse.Namespace,
    pipeline: catalog.Pipeline,
    settings: dict[str, Any],
    log_dir: Path,
    stages: Stages,
    stack: ExitStack,
) -> Run:
    stages.begin("starting PostgreSQL")
    session = stack.enter_context(
        open_session(session_options(options, (options.engine,), options.mode, log_dir))
    )
    input_hash = None
    if options.in_place:
        url = options.database_url
    else:
        stages.begin("preparing the input")
        snapshot = stack.enter_context(input_source(options, pipeline)(session.server_url))
        stages.note(f"input: {snapshot.source}; hash {snapshot.hash[:16]}")
        url = stack.enter_context(snapshot.clone("run"))
        input_hash = snapshot.hash
    stages.begin(f"starting {options.engine}")
    session.start(options.engine)
    stages.begin(f"running on {options.engine}")
    return session.run(
        options.engine,
        RunRequest(
            pipeline=pipeline.name,
            database_url=url,
            log_dir=log_dir,
            settings=settings,
            webhook_url=os.environ.get(WEBHOOK_VARIABLE),
            input_hash=input_hash,
        ),
    )


def folder_for(pipeline: str, kind: str) -> Path:
    """Give a folder below reports/ that is named by the time and is not there yet."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    return CHECKOUT / "reports" / pipeline / f"{stamp}-{kind}"


def in_words(run: Run) -> str:
    """Give a run as a few lines for a person."""
    lines = [f"{run.pipeline} on {run.engine}, {run.mode}: {run.state} in {run.seconds:.2f} s", ""]
    lines.append(f"  {'task':<20} {'state':<16} {'waited':>8} {'ran':>8}  result")
    lines += [_task_line(task) for task in run.tasks]
    lines.append("")
    if run.error:
        lines += [f"  error: {run.error}", ""]
    lines += [f"  warning: {warning}" for warning in run.warnings]
    if run.usage and run.usage.cpu_seconds is not None:
        memory = run.usage.peak_memory_bytes
        lines.append(
            f"  CPU {run.usage.cpu_seconds:.2f} s" + (f", memory {memory / 2**20:.0f} MB" if memory else "")
        )
    lines.append(f"  logs: {run.log_dir}")
    return "\n".join(lines)


def _task_line(task: TaskRun) -> str:
    waited = "" if task.queue_seconds is None else f"{task.queue_seconds:.2f} s"
    ran = "" if task.seconds is None else f"{task.seconds:.2f} s"
    result = "" if task.result is None else json.dumps(dict(task.result))
    return f"  {task.name:<20} {task.state:<16} {waited:>8} {ran:>8}  {result}"
