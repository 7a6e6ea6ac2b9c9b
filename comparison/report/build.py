"""Makes the dictionary that is report.json: everything else of the report is made from it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from importlib import metadata
from typing import Any

from comparison.evidence import EngineSetup, InputFacts, OutputPair, RoledRun, roled_as_json
from comparison.report.capabilities import capabilities
from comparison.report.logs import failed_log
from comparison.report.outputs import outputs_as_json
from comparison.rounds import pairs as engine_pairs
from comparison.timings import timing_figures
from comparison.verdict import TITLES, judge
from engines.run import EngineName, Mode
from pipelines.secrets import mask

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ReportInput:
    """All that a report is made from."""

    pipeline: str
    summary: str
    engines: tuple[EngineName, ...]
    mode: Mode
    runs: tuple[RoledRun, ...]
    pairs: tuple[OutputPair, ...]
    """Of different engines, the main pair first, and the A/A pairs; of every round that was compared."""
    facts: InputFacts
    environment: Mapping[str, Any]
    """At least machine, cores, memory_bytes, os; `comparison.report.environment` gives it."""
    command: str
    """What the user typed, secrets masked or left out."""
    setups: tuple[EngineSetup, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    planted: str | None = None
    """What difference was put into the last engine's side on purpose."""
    warnings: tuple[str, ...] = ()
    made: datetime | None = None
    """When; None: now."""


def build_report(given: ReportInput) -> dict[str, Any]:
    """Give report.json as plain values, as `schema.json` describes it.

    Secrets are masked by their shape everywhere but in the samples, which are the user's own rows.
    """
    runs = [_run(roled) for roled in sorted(given.runs, key=lambda roled: roled.order)]
    verdict = judge(given.runs, given.pairs, engines=given.engines, facts=given.facts)
    pairs = engine_pairs(given.engines)
    timings = timing_figures(runs, pairs, given.command)
    report = {
        "schema_version": SCHEMA_VERSION,
        "replant_version": metadata.version("replant"),
        "made": (given.made or datetime.now(UTC)).isoformat(timespec="seconds"),
        "command": given.command,
        "pipeline": given.pipeline,
        "summary": given.summary,
        "mode": given.mode,
        "engines": list(given.engines),
        "reference": pairs[0][0],
        "main_pair": list(pairs[0]),
        "verdict": verdict.word,
        "verdict_reason": verdict.reason,
        "planted": given.planted,
        "settings": dict(given.settings),
        "input": {
            "hash": given.facts.hash,
            "source": given.facts.source,
            "tables": dict(given.facts.tables),
        },
        "runs": runs,
        "timings": timings,
        "capabilities": capabilities(given.engines, timings, given.setups),
        "environment": dict(given.environment),
        "warnings": [*given.warnings, *_warnings(given)],
        "links": _links(given),
    }
    masked = _masked(plain(report))
    return {**masked, "outputs": plain(outputs_as_json(given.pairs))}


def plain(value: Any) -> Any:
    """Give a value as JSON knows it; what JSON does not know becomes the text that Python makes of it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _run(roled: RoledRun) -> dict[str, Any]:
    tail = failed_log(roled.run)
    log = {"path": tail.path, "text": tail.text} if tail else None
    return {**roled_as_json(roled), "failed_log": log}


def _links(given: ReportInput) -> list[dict[str, str]]:
    """Give the page of one run per engine, the last that was made."""
    pages = {roled.run.engine: roled.run.url for roled in given.runs if roled.run.url}
    return [
        {"engine": engine, "title": f"{TITLES[engine]}: its last run, in its own UI", "url": url}
        for engine, url in pages.items()
        if url.startswith(("http://", "https://"))
    ]


def _warnings(given: ReportInput) -> list[str]:
    """Say what the runs themselves warned of, and where the engines did not do the same."""
    said = [
        f"{TITLES[roled.run.engine]}: {warning}" for roled in given.runs for warning in roled.run.warnings
    ]
    return list(dict.fromkeys([*_busy(given.environment), *said, *_unlike_tasks(given.runs)]))


def _busy(environment: Mapping[str, Any]) -> list[str]:
    """Say it if something else kept half of the cores or more busy before the first run."""
    load, cores = environment.get("load_before"), environment["cores"]
    if load is None or load < cores / 2:
        return []
    return [
        f"The machine was busy before the first run: a load of {load:.1f} on {cores} cores. "
        "All times are longer than on a quiet machine, and less steady."
    ]


def _unlike_tasks(runs: Sequence[RoledRun]) -> list[str]:
    """Say where a task ended otherwise on one engine than on another, in the first measured round."""
    first = [roled.run for roled in runs if roled.role == "measured" and roled.round == 1]
    states: dict[str, dict[str, list[str]]] = {}
    for run in first:
        for task in run.tasks:
            states.setdefault(task.name, {}).setdefault(task.state, []).append(TITLES[run.engine])
    return [
        f"Task {name}: " + "; ".join(f"{state} on {', '.join(where)}" for state, where in found.items()) + "."
        for name, found in states.items()
        if len(found) > 1
    ]
