"""The command `replant convert`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from blocks.export_files import read_export
from blocks.settings import kind_of, name_of
from migration import folder, report
from migration.entry import Entry, mark_twice
from migration.folder import Job, convert_all
from migration.places import Place, links_out, places
from migration.recorder.run import Limits, Settings, require_sandbox
from migration.writing import output
from pipelines.errors import CannotProceedError

FILES_WORTH_A_PROCESS = 10
"""A process of its own costs as much at its start as the conversion of some ten files."""


def convert(
    paths: Sequence[Path],
    out: Path,
    *,
    settings: Sequence[Path],
    as_json: bool,
    seconds: float,
    sandbox: bool,
) -> int:
    """Convert the files and write everything; give the exit code.

    Raises CannotProceedError if a path is not there, no DAG file is found, or the kernel has no locks.
    """
    if sandbox:
        require_sandbox()
    before = folder.prepare(out)
    found = _found(paths, out)
    processes = max(1, min(os.cpu_count() or 1, len(found) // FILES_WORTH_A_PROCESS))
    limits = Limits(seconds=seconds, sandbox=sandbox)
    job = Job(out, _settings(settings), limits, _ruff(), processes)
    entries = _with_progress(found, job)
    mark_twice(entries)
    written = output.write(entries, out, before)
    summary = report.write(entries, out, written)["summary"]
    _tell(summary, entries, out, as_json)
    if all(entry.status != "recorded" for entry in entries):
        return 2
    complete = summary["converted"] == summary["dags"] and not summary["unreadable"]
    return 0 if complete else 1


def _found(paths: Sequence[Path], out: Path) -> list[Place]:
    for path in paths:
        if not path.exists():
            raise CannotProceedError(f"{path} does not exist. Give DAG files, or a folder of them.")
    found = places(paths, out)
    for link in links_out(paths):
        print(f"replant: {link} leads out of what was given and is left out; give {link.resolve()} too.",
              file=sys.stderr)  # fmt: skip
    if not found:
        shown = ", ".join(str(path) for path in paths)
        raise CannotProceedError(
            f"No DAG file below {shown}: a file counts if it mentions both dag and airflow."
        )
    return found


def _settings(exports: Sequence[Path]) -> Settings:
    if not exports:
        return Settings()
    variables: dict[str, Any] = {}
    connections: dict[str, Any] = {}
    for path in exports:
        for one in read_export(path):
            if kind_of(one.setting) == "variable":
                variables[name_of(one.setting)] = getattr(one.setting, "value", None)
            else:
                connections[name_of(one.setting)] = name_of(one.setting)
    return Settings(variables, connections)


def _ruff() -> str | None:
    """Find the formatter: next to this Python, else on the PATH."""
    beside = Path(sys.executable).with_name("ruff")
    return str(beside) if beside.exists() else shutil.which("ruff")


def _with_progress(found: Sequence[Place], job: Job) -> list[Entry]:
    console = Console(stderr=True)
    if not console.is_terminal:
        done: list[Entry] = []

        def told(entry: Entry) -> None:
            done.append(entry)
            if len(done) % 50 == 0 or len(done) == len(found):
                console.print(f"{len(done)} of {len(found)} files", highlight=False)

        return convert_all(found, job, told)
    columns = (TextColumn("Converting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(found))
        return convert_all(found, job, lambda entry: progress.advance(bar))


def _tell(summary: dict[str, Any], entries: Sequence[Entry], out: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary))
        return
    print(f"{summary['converted']} of {summary['dags']} DAGs converted, out of {summary['files']} files.")
    for row in summary["first"][:5]:
        print(f"  {row['dags']} held up: {row['reason'][:160]}")
    for entry in entries:
        if entry.crash:
            print(f"  an error of the converter's own in {entry.path}: {entry.crash}")
    print(f"Flows, prefect.yaml and MIGRATION.html are in {out}.")
