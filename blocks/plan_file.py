"""The plan as a file that can be reviewed and kept: names, actions, keyed digests, and no value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blocks.digests import Digester, write_private
from blocks.export_files import read_text
from blocks.planning import Plan, described, found_digest, wanted_digest
from pipelines.errors import CannotProceedError

VERSION = 1


@dataclass(frozen=True)
class Origin:
    """How a plan came about, so that `apply` can read the same again."""

    sources: tuple[str, ...]
    airflow_python: str | None
    environment: str | None
    prefect_url: str
    ledger: str
    take_over: bool


@dataclass(frozen=True)
class PlannedStep:
    """One line of a plan file."""

    setting: str
    action: str
    target: str
    wanted: str
    """Digest of the setting as its source had it."""
    found: str | None
    """Digest of what was there, None for nothing."""
    moved_from: str | None


@dataclass(frozen=True)
class PlanFile:
    """A plan as it was written."""

    origin: Origin
    key_id: str
    steps: tuple[PlannedStep, ...]


def plan_document(plan: Plan, origin: Origin, digester: Digester) -> dict[str, Any]:
    """Give the plan as plain values for a file."""
    return {
        "version": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources": list(origin.sources),
        "airflow_python": origin.airflow_python,
        "environment": origin.environment,
        "prefect_url": origin.prefect_url,
        "ledger": origin.ledger,
        "take_over": origin.take_over,
        "key": digester.key_id,
        "settings": [
            {
                **described(step),
                "wanted": wanted_digest(digester, step.wanted),
                "found": found_digest(digester, step.found),
            }
            for step in plan.steps
        ],
        "gone": list(plan.gone),
    }


def write_plan(path: Path, document: Mapping[str, Any]) -> None:
    """Write a plan file, mode 0600. Raises CannotProceedError."""
    try:
        write_private(path, (json.dumps(document, indent=1) + "\n").encode())
    except OSError as error:
        raise CannotProceedError(f"Cannot write the plan {path}: {error.strerror}.") from None


def read_plan(path: Path) -> PlanFile:
    """Read a plan file. Raises CannotProceedError if it is none."""
    text = read_text(path)
    try:
        values = json.loads(text)
        if values["version"] != VERSION:
            raise CannotProceedError(
                f"{path} is a plan of version {values['version']}, not {VERSION}: make it again."
            )
        origin = Origin(
            tuple(values["sources"]), values["airflow_python"], values["environment"],
            values["prefect_url"], values["ledger"], bool(values["take_over"]),
        )  # fmt: skip
        return PlanFile(origin, values["key"], _steps(values["settings"]))
    except (KeyError, TypeError, ValueError):
        raise CannotProceedError(
            f"{path} is no plan: `replant blocks plan --from SOURCE --plan {path}` writes one."
        ) from None


def _steps(entries: Sequence[Mapping[str, Any]]) -> tuple[PlannedStep, ...]:
    fields = PlannedStep.__dataclass_fields__
    return tuple(PlannedStep(**{name: entry[name] for name in fields}) for entry in entries)
