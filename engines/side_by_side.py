"""`replant up`: both UIs beside each other until Ctrl-C."""

from __future__ import annotations

import argparse
import threading
from contextlib import ExitStack
from pathlib import Path

from engines.one_run import folder_for
from engines.options import input_source, pipeline_settings, session_options
from engines.progress import Stages
from engines.run import EngineName, RunRequest
from engines.session import Session, open_session
from pipelines import catalog
from pipelines.errors import CannotProceedError

SIDES: tuple[EngineName, ...] = ("airflow", "prefect")
SAVED = "engines"
"""The folder in a report where the engines' own records are kept."""


def up(options: argparse.Namespace) -> int:
    """Start both, make some history or restore a report's, say where they are, and wait."""
    pipeline = catalog.find(options.pipeline)
    settings = pipeline_settings(options, pipeline)
    saved = _saved(options.report) if options.report else None
    log_dir = folder_for(pipeline.name, "up")
    log_dir.mkdir(parents=True, exist_ok=True)
    runs = 0 if saved else options.runs
    with ExitStack() as stack:
        with Stages(2 + len(SIDES) * (1 + runs)) as stages:
            stages.begin("starting PostgreSQL")
            session = stack.enter_context(
                open_session(session_options(options, SIDES, "dispatched", log_dir))
            )
            for side in SIDES:
                stages.begin(f"starting {side}")
                session.start(side, restore=saved / side if saved else None)
            if runs:
                stages.begin("preparing the input")
                _make_history(options, pipeline, settings, session, log_dir, stages)
        print(_where(session), flush=True)
        threading.Event().wait()
    return 0


def _saved(report: Path) -> Path:
    """Give the folder of a report that holds what the UIs are reopened on.

    Raises CannotProceedError if it is not there.
    """
    saved = report / SAVED
    missing = [side for side in SIDES if not (saved / side).is_dir()]
    if missing:
        raise CannotProceedError(
            f"{report} has no records of {' and '.join(missing)} to reopen: it needs {saved}/{missing[0]}. "
            "Reports of `replant compare` in dispatched mode with both engines have them."
        )
    return saved


def _make_history(
    options: argparse.Namespace,
    pipeline: catalog.Pipeline,
    settings: dict[str, object],
    session: Session,
    log_dir: Path,
    stages: Stages,
) -> None:
    with input_source(options, pipeline)(session.server_url) as snapshot:
        for number in range(1, options.runs + 1):
            for side in SIDES:
                stages.begin(f"run {number} on {side}")
                label = f"history-{number}-{side}"
                folder = log_dir / label
                folder.mkdir()
                with snapshot.clone(label) as url:
                    run = session.run(
                        side,
                        RunRequest(pipeline.name, url, folder, settings=settings, label=label),
                    )
                stages.note(f"{label}: {run.state} in {run.seconds:.1f} s")


def _where(session: Session) -> str:
    lines = [""]
    for side in SIDES:
        engine = session.started[side].engine
        lines.append(f"{side.capitalize():<8} {engine.ui_url}")
        if engine.login_file is not None:
            lines.append(f"         login: see {engine.login_file}")
    return "\n".join([*lines, "", "Ctrl-C stops both and removes what they used."])
