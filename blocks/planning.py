"""What would have to be done in Prefect, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from blocks.digests import Digester
from blocks.mirror import Mirror, Stored, data_of, differing
from blocks.prefect_api import StoredVariable
from blocks.settings import Kind, comparable
from blocks.wanted import Wanted

Action = Literal["create", "change", "leave", "conflict"]
ACTIONS: tuple[Action, ...] = ("create", "change", "leave", "conflict")
RECORD = "the ledger's record"


@dataclass(frozen=True)
class Step:
    """What is to be done with one setting."""

    action: Action
    wanted: Wanted
    fields: tuple[str, ...] = ()
    """The fields that change, by name."""
    notes: tuple[str, ...] = ()
    moved_from: str | None = None
    """Where replant mirrored the setting before."""
    found: Stored | None = field(default=None, repr=False)
    """What is there now."""
    left_behind: Stored | None = field(default=None, repr=False)
    """What is to be deleted once the new place is written."""


@dataclass(frozen=True)
class Plan:
    """Every setting of the sources, in order of name, and what Prefect has besides."""

    steps: tuple[Step, ...]
    gone: tuple[str, ...]
    """Settings that were mirrored and that the sources no longer have. Nothing is done about them."""

    def count(self, action: Action) -> int:
        """Say how many settings have this action."""
        return sum(step.action == action for step in self.steps)


def make_plan(wanted: Sequence[Wanted], mirror: Mirror, *, take_over: bool = False) -> Plan:
    """Compare what is wanted with what is there.

    A block or Variable that is there, differs, and was not put there by replant is a conflict, unless
    `take_over`.
    """
    ours = frozenset(entry.target for entry in mirror.ledger.values())
    targets = frozenset(item.target for item in wanted)
    steps = tuple(
        _step(item, mirror, targets, take_over or item.target in ours)
        for item in sorted(wanted, key=lambda item: item.reference)
    )
    kinds: set[Kind] = {
        "variable" if item.reference.startswith("variable/") else "connection" for item in wanted
    }
    present = {item.reference for item in wanted}
    gone = tuple(
        name for name in sorted(mirror.ledger) if name not in present and name.partition("/")[0] in kinds
    )
    return Plan(steps, gone)


def _step(item: Wanted, mirror: Mirror, targets: frozenset[str], may_overwrite: bool) -> Step:
    entry = mirror.ledger.get(item.reference)
    found = mirror.stored.get(item.target)
    if item.conflict:
        return Step("conflict", item, (), (item.conflict, *item.notes), None, found)
    moved_from, left_behind, notes = None, None, item.notes
    if entry is not None and entry.target != item.target and entry.target not in targets:
        moved_from, left_behind = entry.target, mirror.stored.get(entry.target)
        notes = (*notes, f"moves here from {moved_from}" + (", which is deleted" if left_behind else ""))
    if found is None:
        return Step("create", item, (), notes, moved_from, None, left_behind)
    fields = differing(item.data, found)
    if fields and not may_overwrite:
        reason = (
            f"{item.target} is there with other values in {', '.join(fields)}, and replant did not write it; "
            "--take-over overwrites it"
        )
        return Step("conflict", item, (), (reason, *notes), None, found)
    if entry is None or entry.target != item.target or comparable(entry.setting) != comparable(item.setting):
        fields = fields or (RECORD,)
    if fields:
        return Step("change", item, fields, notes, moved_from, found, left_behind)
    return Step("leave", item, (), notes, None, found)


def wanted_digest(digester: Digester, item: Wanted) -> str:
    """Give the digest of a setting as its source has it, and of what is to mirror it."""
    return digester.of([comparable(item.setting), item.target, dict(item.data)])


def found_digest(digester: Digester, found: Stored | None) -> str | None:
    """Give the digest of what is there, None for nothing."""
    if found is None:
        return None
    extra: Any = list(found.tags) if isinstance(found, StoredVariable) else None
    return digester.of([dict(data_of(found)), extra])


def described(step: Step) -> Mapping[str, Any]:
    """Give a step for a file or a machine: no value in it."""
    return {
        "setting": step.wanted.reference,
        "action": step.action,
        "target": step.wanted.target,
        "source": step.wanted.source,
        "fields": list(step.fields),
        "notes": list(step.notes),
        "moved_from": step.moved_from,
    }
