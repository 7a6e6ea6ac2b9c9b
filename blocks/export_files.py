"""Settings out of what `airflow variables export` and `airflow connections export` write: JSON, YAML, env."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from airflow_client.records import Connection, Variable
from blocks.airflow_uri import UnreadableConnectionError, from_fields, read
from blocks.settings import Found, text_of
from pipelines.errors import CannotProceedError

Content = Literal["variables", "connections"]
FORMATS = (".json", ".yaml", ".yml", ".env")


def read_export(path: Path, content: Content | None = None) -> tuple[Found, ...]:
    """Read an export file; `content` says what is in it where its looks do not.

    Raises CannotProceedError if it cannot be read as a whole; one bad entry is a conflict of that entry.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise CannotProceedError(
            f"{path} is no export that replant can read: its name must end in {', '.join(FORMATS)}."
        )
    text = read_text(path)
    if suffix == ".env":
        return tuple(_env_entries(path, text, content))
    entries = _json_entries(path, text) if suffix == ".json" else _yaml_entries(path, text)
    if content is None:
        content = "connections" if _looks_like_connections(entries) else "variables"
    if content == "connections":
        return tuple(connection_found(name, value, str(path)) for name, value in entries.items())
    return tuple(variable_found(name, value, str(path)) for name, value in entries.items())


def read_text(path: Path) -> str:
    """Read a file. Raises CannotProceedError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CannotProceedError(
            f"Cannot read {path}: {error.strerror}. Give an export of Airflow, such as "
            "`airflow connections export connections.json` writes."
        ) from None
    except UnicodeDecodeError:
        raise CannotProceedError(f"{path} is not UTF-8 text; export it from Airflow again.") from None


def readable_by_others(path: Path) -> bool:
    """Say whether other users can read the file: `airflow connections export` leaves it so."""
    return bool(path.stat().st_mode & 0o077)


def variable_found(key: str, value: Any, source: str) -> Found:
    """Read a Variable's entry as Airflow's import does, but for one case where that loses a value.

    `{"value": ..., "description": ...}` is a value with its description. An object with `value` and other
    keys is the Variable itself, as Airflow 2 exported it; Airflow 3's import would keep `value` alone.
    """
    description = None
    notes: tuple[str, ...] = ()
    if isinstance(value, dict) and "value" in value:
        if set(value) <= {"value", "description"} and isinstance(value.get("description"), str | None):
            description = value.get("description")
            if "description" not in value:
                notes = ("read as a value with a description, as Airflow's import reads it",)
            value = value["value"]
        else:
            notes = ("its object has a key `value`: taken whole, where Airflow's import keeps that key only",)
    return Found(Variable(key, text_of(value), description), source, notes)


def connection_found(connection_id: str, value: Any, source: str) -> Found:
    """Read a Connection's entry: its fields, or a URI, or JSON text."""
    try:
        if isinstance(value, str):
            return Found(read(connection_id, value), source)
        if isinstance(value, Mapping):
            return Found(from_fields(connection_id, value), source)
    except UnreadableConnectionError as error:
        return Found(Connection(connection_id, "unknown"), source, conflict=f"cannot be read: {error}")
    return Found(Connection(connection_id, "unknown"), source, conflict="cannot be read: it is no connection")


def is_connection_text(value: str) -> bool:
    """Say whether Airflow would read this value as a connection."""
    try:
        read("any", value)
    except UnreadableConnectionError:
        return False
    return True


def _looks_like_connections(entries: Mapping[str, Any]) -> bool:
    return bool(entries) and all(
        isinstance(value, dict) and "conn_type" in value for value in entries.values()
    )


def _json_entries(path: Path, text: str) -> Mapping[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            raise CannotProceedError(f"{path} has a key twice in one object; Airflow keeps one. Remove one.")
        return entries

    try:
        entries = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        # its text is about the place only, but its `doc` is the whole file
        place, reason = f"line {error.lineno}", error.msg
    else:
        return _mapping(path, entries)
    raise CannotProceedError(f"{path} is not JSON: {place}: {reason}.")


def _yaml_entries(path: Path, text: str) -> Mapping[str, Any]:
    import yaml  # type: ignore[import-untyped]

    try:
        entries = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "somewhere"
    else:
        return _mapping(path, entries)
    raise CannotProceedError(f"{path} is not YAML: {place} cannot be read.")


def _mapping(path: Path, entries: Any) -> Mapping[str, Any]:
    if not isinstance(entries, dict) or not all(isinstance(key, str) for key in entries):
        raise CannotProceedError(f"{path} is no export of Airflow: an object of names and values is meant.")
    return entries


def _env_entries(path: Path, text: str, content: Content | None) -> Iterator[Found]:
    """Read `NAME=VALUE` lines, unquoted, as Airflow's export writes them and its import reads them."""
    lines: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name:
            raise CannotProceedError(f"{path}, line {number}: NAME=VALUE is meant.")
        if name in lines:
            raise CannotProceedError(f"{path}, line {number}: {name} is there for the second time.")
        lines[name] = value
    if content is None:
        content = "connections" if all(map(is_connection_text, lines.values())) else "variables"
    for name, value in lines.items():
        if content == "connections":
            yield connection_found(name, value, str(path))
        else:
            yield Found(Variable(name, value), str(path))
