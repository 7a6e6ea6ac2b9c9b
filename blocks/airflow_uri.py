"""Connections as Airflow writes them into one value: a URI, or JSON. Read as Airflow itself reads them.

Source of the rules: `Connection.get_uri`, `_parse_from_uri` and `from_json` of Airflow 3.3.2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from airflow_client.records import Connection

EXTRA_KEY = "__extra__"
_STANDARD = ("conn_type", "description", "login", "password", "host", "port", "schema", "extra")
_NAMES = frozenset((*_STANDARD, "conn_id", "extra_dejson", "uri", "team_name"))


class UnreadableConnectionError(ValueError):
    """Airflow could not read it either. The text holds no value."""


def read(connection_id: str, value: str) -> Connection:
    """Read a URI, or JSON where the value begins with a brace.

    Raises UnreadableConnectionError.
    """
    if value.lstrip().startswith("{"):
        return from_json(connection_id, value)
    return from_uri(connection_id, value)


def from_json(connection_id: str, text: str) -> Connection:
    """Read the JSON form. Raises UnreadableConnectionError."""
    try:
        values = json.loads(text)
    except ValueError:
        raise UnreadableConnectionError("its JSON is broken") from None
    if not isinstance(values, dict):
        raise UnreadableConnectionError("its JSON is no object")
    return from_fields(connection_id, values)


def from_fields(connection_id: str, values: Mapping[str, Any]) -> Connection:
    """Make a connection out of an export's fields. Raises UnreadableConnectionError."""
    unknown = set(values) - _NAMES
    if unknown:
        raise UnreadableConnectionError(f"it has fields that no connection has: {', '.join(sorted(unknown))}")
    if values.get("uri"):
        return from_uri(connection_id, str(values["uri"]))
    if not isinstance(values.get("conn_type"), str):
        raise UnreadableConnectionError("it has no conn_type")
    extra = values.get("extra") if values.get("extra") is not None else values.get("extra_dejson")
    return Connection(
        connection_id=connection_id,
        conn_type=normalized_type(values["conn_type"]),
        host=_text(values, "host"),
        login=_text(values, "login"),
        password=_text(values, "password"),
        port=_port(values.get("port")),
        schema=_text(values, "schema"),
        extra=extra if extra is None or isinstance(extra, str) else json.dumps(extra),
        description=_text(values, "description"),
    )


def from_uri(connection_id: str, uri: str) -> Connection:
    """Read `type://login:password@host:port/schema?extra`, percent-escaped.

    The host may carry a scheme of its own (`http://https://host`), which urlsplit alone misreads.
    Raises UnreadableConnectionError.
    """
    if uri.count("://") > 2:
        raise UnreadableConnectionError("its URI has more than two `://`; escape those inside of values")
    try:
        parts = urlsplit(uri)
        scheme = parts.scheme
        if not scheme:
            raise UnreadableConnectionError("its URI names no type before `://`")
        nested = uri.count("://") == 2
        rest = uri[len(scheme) + len("://") :] if nested else uri[len(scheme) + 1 :]
        if nested and ("@" in rest.split("://", 1)[0] or ":" in rest.split("://", 1)[0]):
            raise UnreadableConnectionError("its URI has the login before the host's own scheme")
        parts = urlsplit(rest)
        host = _hostname(parts)
        port = parts.port
    except UnreadableConnectionError:
        raise
    except ValueError:  # urllib's own text quotes the value
        raise UnreadableConnectionError("its URI cannot be split; escape special characters") from None
    return Connection(
        connection_id=connection_id,
        conn_type=normalized_type(scheme),
        host=f"{parts.scheme}://{host}" if nested and host and parts.scheme else host,
        login=unquote(parts.username) if parts.username else parts.username,
        password=unquote(parts.password) if parts.password else parts.password,
        port=port,
        schema=unquote(parts.path[1:]),
        extra=_extra(parts.query),
    )


def normalized_type(conn_type: str) -> str:
    """Give the type as Airflow names it: underscores for dashes, `postgres` for `postgresql`."""
    return "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")


def _hostname(parts: SplitResult) -> str:
    """Give the host; a path in it (a socket, escaped) keeps its case, as Airflow has it."""
    host = unquote(parts.hostname or "")
    if "/" in host:
        host = unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
    return host


def _extra(query: str) -> str | None:
    if not query:
        return None
    values: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    if EXTRA_KEY in values:
        return str(values[EXTRA_KEY])
    for key, value in values.items():
        if value:
            try:
                values[key] = json.loads(value)
            except ValueError:
                values[key] = value
    return json.dumps(values)


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # YAML written by hand: `password: 1234`
    raise UnreadableConnectionError(f"its {name} is no text")


def _port(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise UnreadableConnectionError("its port is no number") from None
