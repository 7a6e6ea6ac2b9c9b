"""Drift: what no longer is the same on both sides, and on which side it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from airflow_client.records import Connection
from blocks.mirror import Entry, Mirror, differing
from blocks.planning import Plan, Step
from blocks.settings import CONNECTION_FIELDS, Found, comparable
from blocks.wanted import Rules, wanted

Side = Literal["airflow", "prefect", "both", "neither"]


@dataclass(frozen=True)
class Drift:
    """One setting that is not the same on both sides."""

    setting: str
    side: Side
    """Where it has changed since it was mirrored; `neither` if it never was, or cannot be."""
    what: str
    """In words, without a value."""


def drifts(plan: Plan, mirror: Mirror, rules: Rules) -> tuple[Drift, ...]:
    """Give every setting that is not in step, in order of name."""
    found = [drift for step in plan.steps if (drift := _of(step, mirror, rules)) is not None]
    found += [Drift(name, "airflow", f"gone in the sources; {mirror.ledger[name].target} is still there")
              for name in plan.gone]  # fmt: skip
    return tuple(sorted(found, key=lambda drift: drift.setting))


def _of(step: Step, mirror: Mirror, rules: Rules) -> Drift | None:
    name = step.wanted.reference
    if step.action == "leave":
        return None
    if step.action == "conflict":
        return Drift(name, "neither", step.notes[0])
    entry = mirror.ledger.get(name)
    if entry is None:
        return Drift(name, "airflow", f"new: {step.wanted.target} does not mirror it yet")
    changes = _changed_in_airflow(step, entry)
    in_airflow = bool(changes)
    in_prefect, prefect_words = _changed_in_prefect(entry, mirror, rules)
    words = ([f"changed in Airflow: {', '.join(changes)}"] if in_airflow else []) + prefect_words
    if not words:
        return Drift(name, "neither", f"would be mirrored differently now, as {step.wanted.target}")
    side: Side = "both" if in_airflow and in_prefect else "airflow" if in_airflow else "prefect"
    return Drift(name, side, "; ".join(words))


def _changed_in_airflow(step: Step, entry: Entry) -> list[str]:
    now, before = comparable(step.wanted.setting), comparable(entry.setting)
    if set(now) != set(before):
        return ["kind"]
    if isinstance(step.wanted.setting, Connection):
        return [field for field in CONNECTION_FIELDS if now[field] != before[field]]
    return [field for field in ("value", "description") if now[field] != before[field]]


def _changed_in_prefect(entry: Entry, mirror: Mirror, rules: Rules) -> tuple[bool, list[str]]:
    stored = mirror.stored.get(entry.target)
    if stored is None:
        return True, [f"{entry.target} is gone in Prefect"]
    (as_written,) = wanted([Found(entry.setting, "the ledger")], rules)
    if as_written.target != entry.target:
        return False, []
    fields = differing(as_written.data, stored)
    return bool(fields), [f"changed in Prefect: {', '.join(fields)}"] if fields else []
