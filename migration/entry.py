"""One file's entry: everything about it as plain values, as kept on disk and put into MIGRATION.json."""

from __future__ import annotations

import os
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migration.author.carry import TAKEN
from migration.checker.run import Checker
from migration.convert import FileResult, convert_file
from migration.graph import Recording
from migration.manifest import DagResult
from migration.places import Place
from migration.recorder.run import Recorder
from migration.writing.plan import CONVERTED, REFUSED


@dataclass(frozen=True)
class Entry:
    """What one file gave."""

    path: str
    status: str
    reason: str
    text: str
    source: str
    dags: list[dict[str, Any]]
    deployments: list[dict[str, Any]]
    modules: dict[str, str] = field(default_factory=dict)
    """The author's modules that go along: path from the folder, and text."""
    import_roots: list[str] = field(default_factory=list)
    missing_modules: list[str] = field(default_factory=list)
    settings: list[list[str]] = field(default_factory=list)
    crash: str = ""


def entry_of(place: Place, recorder: Recorder, checker: Checker, ruff: str | None) -> Entry:
    """Record, convert and check one file."""
    roots = place.roots()
    recording = recorder.record(place.file, roots)
    if place.file.stem in TAKEN and recording.reason is None:
        recording = Recording(
            str(place.file),
            f"a flow file of this name would hide Python's or Prefect's module {place.file.stem}; rename it",
        )
    entry = _checked(place, recording, convert_file(recording, roots, ruff), checker)
    if any(dag.get("problems") for dag in entry.dags):  # by the runtime's rules, then
        other = _checked(place, recording, convert_file(recording, roots, ruff, plain_rules=False), checker)
        entry = entry if any(dag.get("problems") for dag in other.dags) else other
    return entry


def _checked(place: Place, recording: Recording, result: FileResult, checker: Checker) -> Entry:
    """Check one file's conversion."""
    modules = {_from(file, place.root): text for file, text in result.carried.texts.items()}
    import_roots = sorted({_from(root, place.root) for root in (*result.carried.roots, place.file.parent)})
    dags = [_dag(place, dag, result) for dag in result.dags]
    deployments = [{"function": name, **options} for name, options in result.deployments]
    if result.text:
        texts = {**modules, place.name: result.text}
        problems = checker.check(recording, place.name, texts, dags, deployments, import_roots)
        for dag in dags:
            _mark(dag, problems[dag["dag_id"]])
    dags = _folded(dags, {one.dag_id: one.inside for one in recording.dags if one.inside})
    return Entry(
        path=place.name,
        status=result.recording.status,
        reason=result.recording.reason or "",
        text=result.text,
        source=_source(place.file),
        dags=dags,
        deployments=deployments,
        modules=modules,
        import_roots=import_roots,
        missing_modules=list(recording.missing_modules),
        settings=[list(pair) for pair in recording.names_read],
        crash=result.crash,
    )


def _mark(dag: dict[str, Any], problems: list[str]) -> None:
    """Refuse a DAG that the check does not bear out."""
    dag["problems"] = problems
    if problems:
        dag["status"] = REFUSED
        for problem in problems:
            dag["items"].append(
                {"kind": "attribute", "name": "check", "line": 0, "flow_line": 0, "status": REFUSED,
                 "note": f"the check found a difference: {problem}", "paragraph": ""}
            )  # fmt: skip


def _folded(dags: list[dict[str, Any]], inside: dict[str, str]) -> list[dict[str, Any]]:
    """Count a DAG that runs inside another one as a part of that."""
    outer = {dag["dag_id"]: dag for dag in dags if dag["dag_id"] not in inside}
    for dag in dags:
        if dag["dag_id"] in inside:
            into = outer[inside[dag["dag_id"]]]
            into["items"] += [{**item, "name": f"{dag['dag_id']}: {item['name']}"} for item in dag["items"]]
            into["problems"] = [*into.get("problems", []), *dag.get("problems", [])]
            into["constructs"] = sorted({*into["constructs"], *dag["constructs"]})
            into["status"] = REFUSED if REFUSED in (into["status"], dag["status"]) else CONVERTED
    return list(outer.values())


def _source(file: Path) -> str:
    try:
        with tokenize.open(file) as stream:  # in the encoding that the file declares
            return stream.read()
    except (OSError, UnicodeDecodeError, SyntaxError):
        return ""


def _from(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _dag(place: Place, dag: DagResult, result: FileResult) -> dict[str, Any]:
    recorded = next(one for one in result.recording.dags if one.dag_id == dag.dag_id)
    return {
        "dag_id": dag.dag_id,
        "file": place.name,
        "flow_file": f"flows/{place.name}" if result.text else "",
        "flow": dag.flow,
        "status": dag.status,
        "constructs": sorted({f"@{t.decorator}" if t.decorator else t.operator for t in recorded.tasks}),
        "items": [item.__dict__ for item in dag.items],
    }


def mark_twice(entries: Sequence[Entry]) -> None:
    """Refuse a DAG whose id another file has too: only one of them could be deployed."""
    first: dict[str, str] = {}
    for entry in entries:
        for dag in entry.dags:
            other = first.setdefault(dag["dag_id"], entry.path)
            if other != entry.path:
                note = f"{other} has a DAG of the same id, and Airflow loads only one of them; rename one"
                dag["status"] = REFUSED
                dag["items"].append(
                    {"kind": "attribute", "name": "dag_id", "line": 0, "flow_line": 0, "status": REFUSED,
                     "note": note, "paragraph": ""}
                )  # fmt: skip


def share_converted(entries: Sequence[Entry]) -> tuple[int, int]:
    """Give the number of DAGs converted, and of all; a file that could not be read counts as one DAG."""
    statuses = [dag["status"] for entry in entries for dag in entry.dags]
    unreadable = sum(entry.status != "recorded" for entry in entries)
    return statuses.count(CONVERTED), statuses.count(CONVERTED) + statuses.count(REFUSED) + unreadable
