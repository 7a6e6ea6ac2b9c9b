"""One setting of an Airflow, where it was found, and what is to be said about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from airflow_client.records import Connection, Variable

Setting = Variable | Connection
"""A Variable's value is text, as Airflow holds it; a Connection's extra is JSON text."""
Kind = Literal["variable", "connection"]
CONNECTION_FIELDS = ("conn_type", "host", "login", "password", "port", "schema", "extra", "description")


@dataclass(frozen=True)
class Found:
    """A setting as one source gave it."""

    setting: Setting
    source: str
    """What the user called the source; holds no secret."""
    notes: tuple[str, ...] = ()
    conflict: str | None = None
    """Why the setting cannot be mirrored as it was read; holds no value."""
    shadows: bool = False
    """From the environment: Airflow asks it before its own database."""


def kind_of(setting: Setting) -> Kind:
    """Say which of the two it is."""
    return "variable" if isinstance(setting, Variable) else "connection"


def name_of(setting: Setting) -> str:
    """Give the key or the connection id."""
    return setting.key if isinstance(setting, Variable) else setting.connection_id


def reference(setting: Setting) -> str:
    """Give `variable/KEY` or `connection/ID`."""
    return f"{kind_of(setting)}/{name_of(setting)}"


def extras(connection: Connection) -> dict[str, Any] | None:
    """Give the extra as a dictionary: empty if there is none, None if it is no JSON object."""
    if not connection.extra:
        return {}
    try:
        value = json.loads(connection.extra)
        # An export made by hand can hold the JSON text as JSON text once more.
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def as_plain(setting: Setting) -> dict[str, Any]:
    """Give every field by name: what the ledger keeps, secrets included."""
    return {"kind": kind_of(setting), **asdict(setting)}


def from_plain(values: Mapping[str, Any]) -> Setting:
    """Make the setting that `as_plain` took apart."""
    fields = {name: value for name, value in values.items() if name != "kind"}
    return Variable(**fields) if values["kind"] == "variable" else Connection(**fields)


def comparable(setting: Setting) -> dict[str, Any]:
    """Give what makes two settings the same: JSON by its meaning, not by its spaces."""
    plain = as_plain(setting)
    if isinstance(setting, Variable):
        plain["value"] = structure(setting.value)
    elif setting.extra:
        parsed = extras(setting)
        plain["extra"] = setting.extra if parsed is None else parsed
    return plain


def structure(text: str) -> Any:
    """Give the object or list that a Variable's text is, or else the text itself.

    Airflow's own exports parse every value, so that "5" comes back as 5. A Variable is text to
    `Variable.get`, so a scalar stays text here; objects and lists are what `deserialize_json` is for.
    """
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value


def text_of(value: Any) -> str:
    """Give the text under which Airflow's import stores a value out of an export file."""
    return value if isinstance(value, str) else json.dumps(value, indent=2)
