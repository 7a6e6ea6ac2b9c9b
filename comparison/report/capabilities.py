"""What each engine gives and what it costs, each cell with where it comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from comparison.evidence import EngineSetup
from comparison.report import words
from engines.run import EngineName

DOCUMENTED = Path(__file__).with_name("documented.toml")

NO_SERVERS = "no servers"

Cell = dict[str, Any]
"""`text`, `basis` (measured, documented, by nature, not measured) and `source`, an address or None."""


def capabilities(
    engines: Sequence[EngineName], timings: Mapping[str, Any], setups: Sequence[EngineSetup]
) -> list[dict[str, Any]]:
    """Give rows `what`, `cells` {engine: Cell}: first what these runs measured, then what is documented."""
    figures = {engine["engine"]: engine for engine in timings["engines"]}
    by_engine = {setup.engine: setup for setup in setups}
    rows = [
        {
            "what": what,
            "cells": {
                engine: _measured(text(figures.get(engine), by_engine.get(engine))) for engine in engines
            },
        }
        for what, text in MEASURED
    ]
    rows += [
        {"what": row["what"], "cells": {engine: _documented(row[engine]) for engine in engines}}
        for row in tomllib.loads(DOCUMENTED.read_text(encoding="utf-8"))["row"]
    ]
    return rows


def _start(_figures: Mapping[str, Any] | None, setup: EngineSetup | None) -> str | None:
    if setup is None:
        return None
    if setup.used_existing:
        return "an existing one was used"
    return None if setup.start_seconds is None else words.seconds(setup.start_seconds)


def _idle(_figures: Mapping[str, Any] | None, setup: EngineSetup | None) -> str | None:
    if setup is None or setup.idle_memory_bytes is None:
        return None
    return NO_SERVERS if _has_no_servers(setup) else words.size(setup.idle_memory_bytes)


def _has_no_servers(setup: EngineSetup | None) -> bool:
    return setup is not None and setup.idle_memory_bytes == 0 and not setup.used_existing


def _usage(
    name: str, write: Callable[[float | None], str], *, of_servers: bool = False
) -> Callable[..., str | None]:
    def text(figures: Mapping[str, Any] | None, setup: EngineSetup | None) -> str | None:
        if of_servers and _has_no_servers(setup):
            return NO_SERVERS
        spread = figures[name] if figures else None
        return write(spread["median"]) if spread else None

    return text


def _overhead(figures: Mapping[str, Any] | None, _setup: EngineSetup | None) -> str | None:
    if figures is None or figures["overhead"]["per_task"] is None:
        return None
    overhead = figures["overhead"]
    beside = "more than standalone" if overhead["against"] == "standalone" else "outside its tasks"
    return f"{words.seconds(overhead['per_task'])} {beside}"


MEASURED: tuple[tuple[str, Callable[..., str | None]], ...] = (
    ("Time to start it", _start),
    ("Memory of its servers at rest", _idle),
    ("Run, from request to end", _usage("seconds", words.seconds)),
    ("Overhead per task", _overhead),
    ("CPU of the run's own processes", _usage("cpu_seconds", words.seconds)),
    ("CPU of its servers meanwhile", _usage("server_cpu_seconds", words.seconds, of_servers=True)),
    ("CPU of the pipeline's database", _usage("database_cpu_seconds", words.seconds)),
    ("Peak memory of the run's processes", _usage("peak_memory_bytes", words.size)),
    ("Memory of its servers in a run", _usage("server_memory_bytes", words.size, of_servers=True)),
)


def _measured(text: str | None) -> Cell:
    if text is None:
        return {"text": words.NOT_MEASURED, "basis": "not measured", "source": None}
    return {"text": text, "basis": "by nature" if text == NO_SERVERS else "measured", "source": None}


def _documented(fact: Mapping[str, str]) -> Cell:
    source = fact.get("source")
    return {"text": fact["text"], "basis": "documented" if source else "by nature", "source": source}
