"""What stands in Prefect now: the mirrored settings, and the ledger of what replant put there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blocks.prefect_api import PrefectApi, StoredBlock, StoredVariable
from blocks.settings import Setting, as_plain, from_plain
from blocks.wanted import SLUGS, VARIABLE
from pipelines.errors import CannotProceedError

LEDGER_SLUG = "airflow-settings-ledger"
LEDGER_NAME = "replant-settings"
Stored = StoredVariable | StoredBlock


@dataclass(frozen=True)
class Entry:
    """One mirrored setting as Airflow had it when it was written, and where it went."""

    target: str
    setting: Setting = field(repr=False)


@dataclass(frozen=True)
class Mirror:
    """Prefect's side at one moment."""

    stored: Mapping[str, Stored] = field(repr=False)
    """By `variable/NAME` or `SLUG/NAME`."""
    ledger: Mapping[str, Entry] = field(repr=False)
    """By Airflow's `variable/KEY` or `connection/ID`."""
    ledger_name: str = LEDGER_NAME


def read_mirror(api: PrefectApi, ledger_name: str = LEDGER_NAME) -> Mirror:
    """Read Prefect's Variables, the blocks of every type that replant writes, and the ledger.

    Raises CannotProceedError if Prefect cannot be read, or hides the blocks' secrets.
    """
    stored: dict[str, Stored] = {f"{VARIABLE}/{each.name}": each for each in api.variables()}
    stored |= {f"{each.slug}/{each.name}": each for each in api.blocks(SLUGS)}
    return Mirror(stored, read_ledger(api, ledger_name), ledger_name)


def read_ledger(api: PrefectApi, ledger_name: str) -> dict[str, Entry]:
    """Read the ledger; empty if there is none yet. Raises CannotProceedError if it is damaged."""
    block = api.block(LEDGER_SLUG, ledger_name)
    if block is None:
        return {}
    try:
        entries = json.loads(block.data["settings"])
        return {
            name: Entry(values["target"], from_plain(values["setting"])) for name, values in entries.items()
        }
    except (KeyError, TypeError, ValueError):
        damaged = f"The ledger {LEDGER_SLUG}/{ledger_name} cannot be read"
    raise CannotProceedError(
        f"{damaged}: either this login may not see secrets, or somebody changed it. Without it, blocks that "
        "replant wrote cannot be told from others; delete it and plan with --take-over."
    )


def ledger_data(ledger: Mapping[str, Entry]) -> dict[str, Any]:
    """Give the ledger as the data of its block."""
    entries = {
        name: {"target": entry.target, "setting": as_plain(entry.setting)} for name, entry in ledger.items()
    }
    names = {name: entry.target for name, entry in sorted(ledger.items())}
    return {"names": names, "settings": json.dumps(entries)}


def data_of(stored: Stored) -> Mapping[str, Any]:
    """Give the data of what is stored, in the form of `Wanted.data`."""
    return {"value": stored.value} if isinstance(stored, StoredVariable) else stored.data


def differing(data: Mapping[str, Any], stored: Stored) -> tuple[str, ...]:
    """Name the fields in which what is stored is not `data`; what a schema fills in does not count."""
    defaults = stored.defaults if isinstance(stored, StoredBlock) else {}
    return tuple(_differing(data, data_of(stored), defaults, ""))


def _differing(
    data: Mapping[str, Any], stored: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str
) -> list[str]:
    names = []
    for key in sorted({*data, *stored}):
        left, right = data.get(key, defaults.get(key)), stored.get(key, defaults.get(key))
        if _same(left, right):
            continue
        if isinstance(left, Mapping) and isinstance(right, Mapping) and not prefix:
            names += _differing(left, right, {}, f"{key}.")
        else:
            names.append(f"{prefix}{key}")
    return names


def _same(left: Any, right: Any) -> bool:
    """Compare JSON values: None is the same as nothing, 1 is not the same as true."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return all(_same(left.get(key), right.get(key)) for key in {*left, *right})
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if left in (None, {}) and right in (None, {}):
        return True
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)
