"""The way back: files that Airflow imports, made from what stands in Prefect now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from airflow_client.records import Connection, Variable
from blocks.digests import write_private
from blocks.mirror import Entry, Mirror, Stored, data_of, differing
from blocks.service_targets import SLACK_WEBHOOK_SLUG
from blocks.settings import CONNECTION_FIELDS, Setting, extras, reference, structure, text_of
from blocks.targets import GENERIC, BlockType, Unsuited, changed_back
from blocks.wanted import TYPES, VARIABLE, secret_value, text_of_secret
from pipelines.errors import CannotProceedError

VARIABLES_FILE = "variables.json"
CONNECTIONS_FILE = "connections.json"


@dataclass(frozen=True)
class Export:
    """What goes back, and what does not."""

    variables: tuple[Variable, ...]
    connections: tuple[Connection, ...]
    changed: tuple[str, ...]
    """Settings that carry a change made in Prefect."""
    missing: tuple[str, ...]
    """Settings whose block or Variable is gone in Prefect: left out."""


def make_export(mirror: Mirror) -> Export:
    """Give every mirrored setting as it is in Prefect now, with what only the ledger keeps."""
    settings: list[Setting] = []
    changed, missing = [], []
    for name, entry in sorted(mirror.ledger.items()):
        stored = mirror.stored.get(entry.target)
        if stored is None:
            missing.append(name)
            continue
        setting = as_in_prefect(entry, stored)
        if setting != entry.setting:
            changed.append(name)
        settings.append(setting)
    return Export(
        tuple(setting for setting in settings if isinstance(setting, Variable)),
        tuple(setting for setting in settings if isinstance(setting, Connection)),
        tuple(changed),
        tuple(missing),
    )


def as_in_prefect(entry: Entry, stored: Stored) -> Setting:
    """Give a setting with what has been changed in Prefect since it was mirrored."""
    slug = entry.target.partition("/")[0]
    data = data_of(stored)
    if isinstance(entry.setting, Variable):
        return _variable(entry.setting, slug, data, stored)
    kind = _kind(entry.setting, slug)
    extra = extras(entry.setting)
    written = kind.forward(entry.setting, extra or {})
    if isinstance(written, Unsuited):
        raise CannotProceedError(f"The ledger's entry of {reference(entry.setting)} does not fit a {slug}.")
    before = kind.backward(written.data, written.carried)
    return changed_back(entry.setting, before, kind.backward(data, written.carried))


def _variable(variable: Variable, slug: str, data: Mapping[str, Any], stored: Stored) -> Variable:
    if slug == SLACK_WEBHOOK_SLUG:
        return replace(variable, value=str(data["url"]))
    if slug == VARIABLE:
        same = not differing({"value": structure(variable.value)}, stored)
        return variable if same else replace(variable, value=text_of(data["value"]))
    same = not differing({"value": secret_value(variable.value)}, stored)
    return variable if same else replace(variable, value=text_of_secret(data["value"]))


def _kind(connection: Connection, slug: str) -> BlockType:
    for kind in TYPES.get(connection.conn_type, ()):
        if kind.slug == slug:
            return kind
    if slug == GENERIC.slug:
        return GENERIC
    raise CannotProceedError(
        f"The ledger says that connection/{connection.connection_id} became a {slug}, which this version of "
        f"replant does not do for {connection.conn_type}; plan and apply again first."
    )


def documents(export: Export) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the contents of the two files: what `airflow variables import` and `connections import` read."""
    variables = {each.key: _entry(each) for each in export.variables}
    connections = {
        each.connection_id: {name: getattr(each, name) for name in CONNECTION_FIELDS}
        for each in export.connections
    }
    return variables, connections


def _entry(variable: Variable) -> Any:
    """Give a Variable's entry as Airflow's own export has it: parsed where its import gives back the text.

    It is wrapped where the import would take the value itself for a wrapper.
    """
    try:
        value = json.loads(variable.value)
    except (ValueError, RecursionError):
        value = variable.value
    if isinstance(value, str) or text_of(value) != variable.value:
        value = variable.value
    if variable.description is not None or (isinstance(value, dict) and "value" in value):
        return {"value": value, "description": variable.description}
    return value


def write_export(folder: Path, export: Export) -> tuple[Path, ...]:
    """Write the files, mode 0600, into a folder that is made if need be. Raises CannotProceedError."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in zip((VARIABLES_FILE, CONNECTIONS_FILE), documents(export), strict=True):
            path = folder / name
            write_private(path, (json.dumps(content, indent=2, sort_keys=True) + "\n").encode())
            written.append(path)
    except OSError as error:
        raise CannotProceedError(f"Cannot write the export into {folder}: {error.strerror}.") from None
    return tuple(written)
