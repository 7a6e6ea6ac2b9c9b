"""Carries out a plan: checks that nothing has changed since, then writes, one setting whole at a time."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blocks.digests import Digester
from blocks.mirror import LEDGER_SLUG, Entry, Stored, differing, ledger_data, read_ledger
from blocks.plan_file import PlanFile, PlannedStep
from blocks.planning import Plan, Step, found_digest, wanted_digest
from blocks.prefect_api import PrefectApi, PrefectApiError, StoredBlock, StoredVariable
from blocks.targets import GENERIC
from blocks.wanted import SECRET, TAGS, TYPES, VARIABLE
from pipelines.errors import CannotProceedError

CHECKPOINT = 250
"""The ledger is written after this many settings, so that a crash leaves few for the next time."""
_CLASSES = {
    SECRET: "prefect.blocks.system:Secret",
    GENERIC.slug: GENERIC.block_class,
    LEDGER_SLUG: "blocks.connection_block:AirflowSettingsLedger",
    **{kind.slug: kind.block_class for kinds in TYPES.values() for kind in kinds},
}


@dataclass(frozen=True)
class Registered:
    """A block type as Prefect knows it."""

    type_id: str
    schema_id: str


@dataclass(frozen=True)
class Outcome:
    """What came of one setting; `error` is None if it stands in Prefect now."""

    step: Step
    error: str | None = None


def due(plan: Plan, file: PlanFile, digester: Digester) -> tuple[Step, ...]:
    """Give the steps that are still to be done.

    `plan` is made anew from the file's sources. What already stands in Prefect as the file wants it, is done.
    Raises CannotProceedError if a source or Prefect has changed since the file was written.
    """
    if file.key_id != digester.key_id:
        raise CannotProceedError(
            "The plan was made with another key. Apply it in the checkout where it was made, or carry "
            "the key along (REPLANT_PLAN_KEY_FILE); or plan again here."
        )
    steps = {step.wanted.reference: step for step in plan.steps}
    planned = {step.setting: step for step in file.steps}
    changed = sorted(
        name
        for name in {*steps, *planned}
        if name not in steps
        or name not in planned
        or wanted_digest(digester, steps[name].wanted) != planned[name].wanted
    )
    if changed:
        raise CannotProceedError(f"The sources have changed since the plan: {_some(changed)}. Plan again.")
    drifted = sorted(name for name, step in steps.items() if _drifted(step, planned[name], digester))
    if drifted:
        raise CannotProceedError(
            f"Prefect has changed since the plan: {_some(drifted)}. Plan again to see what is there now."
        )
    return tuple(
        step
        for name, step in steps.items()
        if planned[name].action in ("create", "change") and step.action in ("create", "change")
    )


def _drifted(step: Step, planned: PlannedStep, digester: Digester) -> bool:
    if planned.action == "conflict" or step.action == "leave":
        return False
    if step.action == "change" and planned.action in ("create", "change") and not _differs(step):
        return False  # written by an apply that was cut off before its ledger
    return found_digest(digester, step.found) != planned.found


def _differs(step: Step) -> bool:
    return step.found is None or bool(differing(step.wanted.data, step.found))


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def register(api: PrefectApi, slugs: frozenset[str]) -> dict[str, Registered | str]:
    """Make sure that Prefect knows these block types; this imports Prefect and the types' packages.

    For a type whose package is broken, or which Prefect refuses, the answer is why.
    """
    import prefect.settings

    settings = {getattr(prefect.settings, name): value for name, value in api.address.settings.items()}
    with prefect.settings.temporary_settings(settings):
        return {slug: _registered(slug) for slug in sorted(slugs)}


def _registered(slug: str) -> Registered | str:
    module, _, name = _CLASSES[slug].partition(":")
    try:
        block: Any = getattr(importlib.import_module(module), name)
        block.register_type_and_schema(_sync=True)
        return Registered(str(block._block_type_id), str(block._block_schema_id))
    except Exception as error:  # noqa: BLE001 - whatever the package raises
        return (
            f"Prefect cannot be told of the block type {slug} ({_CLASSES[slug]}): {type(error).__name__}. "
            "Check that the package is whole, and that the server's version fits"
        )


def apply(
    api: PrefectApi,
    steps: Sequence[Step],
    ledger_name: str,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Outcome]:
    """Write the steps and the ledger; give what came of each.

    A setting is written whole by one request or not at all. A refused one does not stop the others; a
    Prefect that no longer answers does, and a second `apply` goes on from there.
    Raises CannotProceedError if Prefect cannot be used.
    """
    if not steps:
        return
    slugs = frozenset(step.wanted.slug for step in steps if step.wanted.slug != VARIABLE)
    registered = register(api, slugs | {LEDGER_SLUG})
    ledger_type = registered[LEDGER_SLUG]
    if isinstance(ledger_type, str):
        raise CannotProceedError(f"{ledger_type}.")
    written: list[Step] = []
    done = 0
    try:
        # One after the other: a server on SQLite answers 503 to one of two that write at the same time.
        for step in steps:
            outcome = _write(api, registered, step)
            done += 1
            tell(done, len(steps))
            if outcome.error is None:
                written.append(outcome.step)
            yield outcome
            if len(written) >= CHECKPOINT:
                _record(api, ledger_type, ledger_name, written)
                written.clear()
    finally:
        if written:
            _record(api, ledger_type, ledger_name, written)


def _write(api: PrefectApi, registered: Mapping[str, Registered | str], step: Step) -> Outcome:
    item, found = step.wanted, step.found
    try:
        if item.slug == VARIABLE:
            if isinstance(found, StoredVariable):
                api.update_variable(found.id, item.data["value"], tuple({*found.tags, *TAGS}))
            else:
                api.create_variable(item.name, item.data["value"], TAGS)
        else:
            kind = registered[item.slug]
            if isinstance(kind, str):
                return Outcome(step, kind)
            if isinstance(found, StoredBlock):
                api.update_block(found.id, kind.schema_id, item.data)
            else:
                api.create_block(item.name, kind.type_id, kind.schema_id, item.data)
        if step.left_behind is not None:
            _delete(api, step.left_behind)
    except PrefectApiError as error:
        if error.status in (0, 401, 403):
            raise
        return Outcome(step, str(error))
    return Outcome(step)


def _record(api: PrefectApi, kind: Registered, ledger_name: str, written: Sequence[Step]) -> None:
    """Enter what was written into the ledger, as it is at this moment."""
    ledger = read_ledger(api, ledger_name)
    for step in written:
        ledger[step.wanted.reference] = Entry(step.wanted.target, step.wanted.setting)
    block = api.block(LEDGER_SLUG, ledger_name)
    if block is None:
        api.create_block(ledger_name, kind.type_id, kind.schema_id, ledger_data(ledger))
    else:
        api.update_block(block.id, kind.schema_id, ledger_data(ledger))


def _delete(api: PrefectApi, stored: Stored) -> None:
    if isinstance(stored, StoredVariable):
        api.delete_variable(stored.id)
    else:
        api.delete_block(stored.id)
