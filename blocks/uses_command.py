"""`replant blocks uses`: which settings DAG files read, which exist, which nobody reads."""

from __future__ import annotations

import argparse
import json

from blocks.command_runs import question
from blocks.settings import reference
from blocks.showing import say
from blocks.sources import gather
from blocks.uses import Use, Uses, find_uses


def run_uses(options: argparse.Namespace) -> int:
    """List the uses; exit code 0."""
    found = find_uses(options.paths)
    asked = question(options)
    existing: set[str] | None = None
    if asked.sources or asked.airflow_python:
        known = {f"{use.kind}/{use.name}" for use in found.uses if use.name}
        gathered = gather(asked.sources, asked.airflow_python, known)
        for warning in gathered.warnings:
            say(f"warning: {warning}")
        existing = {reference(each.setting) for each in gathered.found}
    if options.json:
        print(json.dumps(_document(found, existing), indent=1))
    else:
        _show(found, existing)
    return 0


def _unread(found: Uses, existing: set[str]) -> list[str]:
    return sorted(existing - {f"{use.kind}/{use.name}" for use in found.uses})


def _exists(use: Use, existing: set[str] | None) -> bool | None:
    return None if existing is None or use.name is None else f"{use.kind}/{use.name}" in existing


def _document(found: Uses, existing: set[str] | None) -> dict[str, object]:
    uses = [
        {"kind": use.kind, "name": use.name, "file": use.file, "line": use.line, "how": use.how,
         "exists": _exists(use, existing)}
        for use in found.uses
    ]  # fmt: skip
    return {
        "uses": uses,
        "never_read": None if existing is None else _unread(found, existing),
        "unreadable": list(found.unreadable),
    }


def _show(found: Uses, existing: set[str] | None) -> None:
    words = {None: "", True: "", False: "  NOT in the sources"}
    last = None
    for use in found.uses:
        name = f"{use.kind}/{use.name}" if use.name else f"{use.kind}, name computed while it runs"
        if name != last:
            print(f"{name}{words[_exists(use, existing)]}")
        last = name
        print(f"    {use.file}:{use.line}  {use.how}")
    for name in [] if existing is None else _unread(found, existing):
        print(f"never read: {name}")
    names = {(use.kind, use.name) for use in found.uses if use.name}
    print(f"{len(names)} settings are read in {len(found.uses)} places.")
    for problem in found.unreadable:
        say(f"warning: {problem}; not looked through.")
