"""MIGRATION.json and MIGRATION.html: what became of everything, and what to do first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from migration.arguments.limits import command
from migration.entry import Entry, share_converted
from migration.writing.plan import REFUSED

SCHEMA_VERSION = 1
DOCS = "docs/semantics.md"


def document(entries: Sequence[Entry], written: Mapping[str, str]) -> dict[str, Any]:
    """Give MIGRATION.json's content; `written`: the digest of each other file."""
    converted, total = share_converted(entries)
    return {
        "schema_version": SCHEMA_VERSION,
        "summary": {
            "files": len(entries),
            "unreadable": sum(entry.status != "recorded" for entry in entries),
            "dags": total,
            "converted": converted,
            "by_construct": _by_construct(entries),
            "first": _first(entries),
            "limits": _limits(entries),
            "settings": sorted({tuple(pair) for entry in entries for pair in entry.settings}),
            "missing_modules": sorted({name for entry in entries for name in entry.missing_modules}),
        },
        "written": dict(written),
        "files": [{"path": e.path, "status": e.status, "reason": e.reason or None} for e in entries],
        "dags": [dag for entry in entries for dag in entry.dags],
    }


def write(entries: Sequence[Entry], out: Path, written: Mapping[str, str]) -> dict[str, Any]:
    """Write both files; give the JSON's content. `written`: the digest of each other file."""
    content = document(entries, written)
    (out / "MIGRATION.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    engine = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(default=True, default_for_string=True),
    )
    page = engine.get_template("migration.html.j2").render(report=content, entries=entries, docs=DOCS)
    (out / "MIGRATION.html").write_text(page, encoding="utf-8")
    return content


def _by_construct(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Count, for each operator or decorator, the DAGs that use it and those of them that are converted."""
    uses: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for entry in entries:
        for dag in entry.dags:
            for name in dag["constructs"]:
                uses[name] += 1
                done[name] += dag["status"] != REFUSED
    return [{"construct": name, "dags": count, "converted": done[name]} for name, count in uses.most_common()]


def _limits(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Give the limits that the flows' tags need, with the commands that make them."""
    found = {tag: slots for entry in entries for one in entry.deployments
             for tag, slots in one.get("limits", {}).items()}  # fmt: skip
    return [
        {"tag": tag, "slots": slots, "command": command(tag, slots)} for tag, slots in sorted(found.items())
    ]


def _first(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Rank the reasons by the number of DAGs that they hold up."""
    reasons: Counter[str] = Counter()
    for entry in entries:
        for dag in entry.dags:
            notes = {i["note"] for i in dag["items"] if i["status"] == REFUSED and i["kind"] != "task"}
            for note in sorted(notes):
                reasons[note] += 1
        if entry.status != "recorded":
            reasons[f"the file could not be recorded: {entry.reason}"] += 1
    return [{"reason": reason, "dags": count} for reason, count in reasons.most_common()]
