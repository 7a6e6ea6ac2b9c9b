"""One file's entry: everything about it as plain values, as kept on disk and put into MIGRATION.json."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migration.checker.run import Checker
from migration.convert import FileResult, convert_file
from migration.manifest import DagResult
from migration.plan import CONVERTED, REFUSED
from migration.recorder.run import Recorder

MARKS = ("dag", "airflow")
"""A file is taken for a DAG file if it has both words in it, as Airflow's safe mode does."""


@dataclass(frozen=True)
class Place:
    """A DAG file, and the folder that was given."""

    file: Path
    root: Path

    @property
    def name(self) -> str:
        """The path from the folder, with slashes."""
        return self.file.relative_to(self.root).as_posix()

    def roots(self) -> list[Path]:
        """Give the folders on the file's import path: its own first, up to the one that was given."""
        found = [self.file.parent]
        while found[-1] != self.root and found[-1] != found[-1].parent:
            found.append(found[-1].parent)
        return found + [one / "plugins" for one in found if (one / "plugins").is_dir()]


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


def places(paths: Sequence[Path]) -> list[Place]:
    """Find the DAG files below the given files and folders."""
    found: dict[Path, Place] = {}
    for path in paths:
        if path.is_file():
            found.setdefault(path.resolve(), Place(path.resolve(), path.resolve().parent))
            continue
        root = path.resolve()
        for file in sorted(root.rglob("*.py")):
            hidden = any(
                part.startswith(".") or part == "__pycache__" for part in file.relative_to(root).parts
            )
            if not hidden and _is_candidate(file):
                found.setdefault(file, Place(file, root))
    return list(found.values())


def _is_candidate(file: Path) -> bool:
    try:
        text = file.read_bytes().lower()
    except OSError:
        return False
    return all(mark.encode() in text for mark in MARKS)


def entry_of(place: Place, recorder: Recorder, checker: Checker, ruff: str | None) -> Entry:
    """Record, convert and check one file."""
    roots = place.roots()
    recording = recorder.record(place.file, roots)
    result = convert_file(recording, roots, ruff)
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
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
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


def share_converted(entries: Sequence[Entry]) -> tuple[int, int]:
    """Give the number of DAGs converted, and of all; a file that could not be read counts as one DAG."""
    statuses = [dag["status"] for entry in entries for dag in entry.dags]
    unreadable = sum(entry.status != "recorded" for entry in entries)
    return statuses.count(CONVERTED), statuses.count(CONVERTED) + statuses.count(REFUSED) + unreadable
