"""Kinds of values that several systems have, and the one form that equal values share."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Literal

_EXACT = Context(prec=2000)
"""More digits than any of the systems keeps: no value is rounded."""

Text = str | None
Kind = Literal["number", "boolean", "date", "stamp", "moment", "time", "bytes", "json", "text", "any"]
"""`stamp` is a time without zone, `moment` one with; `any` is a column that has no type (CSV)."""

_TRUE = ("t", "true", "1", "yes", "on")
_FALSE = ("f", "false", "0", "no", "off")
_BY_NAME: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("moment", ("timestamptz", "timestamp with time zone")),
    ("stamp", ("timestamp", "datetime")),
    ("boolean", ("bool",)),
    ("bytes", ("bytea", "blob", "binary")),
    ("json", ("json", "struct", "map(", "[]", "list")),
    ("date", ("date",)),
    ("text", ("interval", "char", "text", "clob", "string", "uuid", "enum", "point", "inet")),
    ("time", ("time",)),
    ("number", ("int", "numeric", "decimal", "double", "real", "float", "serial", "money", "number")),
)


def kind_of(declared: str) -> Kind:
    """Give the kind of a type by its name in PostgreSQL, DuckDB or SQLite."""
    name = declared.lower()
    if not name or name == "any":
        return "any"
    if name.endswith("]"):
        return "json"
    for kind, parts in _BY_NAME:
        if any(part in name for part in parts):
            return kind
    return "text"


def common_kind(left: Kind, right: Kind) -> Kind:
    """Give the kind in which two columns are compared; one without a type takes the other's."""
    if left == right:
        return "text" if left == "any" else left
    if "any" in (left, right):
        return right if left == "any" else left
    if {left, right} <= {"date", "stamp", "moment"}:
        return "moment" if "moment" in (left, right) else "stamp"
    # SQLite writes booleans as 0 and 1, and times, bytes and JSON as text.
    if {left, right} == {"number", "boolean"}:
        return "boolean"
    if "text" in (left, right):
        other = right if left == "text" else left
        return other if other in ("date", "stamp", "moment", "time", "json") else "text"
    return "text"


def canonical(kind: Kind) -> Callable[[Any], Text]:
    """Give the function that brings a value of this kind into its one form; NULL stays NULL.

    What cannot be read as the kind is kept as its text, so that it differs from what can.
    """
    form = _FORMS[kind]

    def make(value: Any) -> Text:
        if value is None:
            return None
        try:
            return form(value)
        except (ValueError, InvalidOperation, OverflowError):
            return _text(value)

    return make


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def _number(value: Any) -> str:
    number = Decimal(repr(value) if isinstance(value, float) else _text(value).strip())
    if number.is_nan():
        return "NaN"
    if number.is_infinite():
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    return (
        format(number.normalize(_EXACT), "f")
        if abs(number.adjusted()) < 40
        else str(number.normalize(_EXACT))
    )


def _boolean(value: Any) -> str:
    text = _text(value).strip().lower()
    if text in _TRUE:
        return "true"
    if text in _FALSE:
        return "false"
    raise ValueError(text)


def _stamp(value: Any) -> str:
    found = _moment_of(value)
    return found.replace(tzinfo=None).isoformat(sep=" ")


def _moment(value: Any) -> str:
    found = _moment_of(value)
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.isoformat(sep=" ")


def _moment_of(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return datetime.fromisoformat(_text(value).strip())


def _date(value: Any) -> str:
    return _moment_of(value).date().isoformat()


def _time(value: Any) -> str:
    return (value if isinstance(value, time) else time.fromisoformat(_text(value).strip())).isoformat()


def _bytes(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    text = _text(value)
    return bytes.fromhex(text[2:]).hex() if text.startswith("\\x") else text.encode().hex()


def _json(value: Any) -> str:
    plain = (
        json.loads(value, parse_float=Decimal, parse_int=Decimal) if isinstance(value, str | bytes) else value
    )
    return json.dumps(_plain(plain), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal):
        return {"": _number(value)}  # apart from a text that looks like it
    return _text(value)


def distance(kind: Kind, old: str, new: str) -> float:
    """Give how far apart two values in their one form are: in numbers or seconds. NaN if that is unknown."""
    try:
        if kind == "number":
            return float(abs(Decimal(old) - Decimal(new)))
        if kind in ("date", "stamp", "moment"):
            return abs((datetime.fromisoformat(old) - datetime.fromisoformat(new)).total_seconds())
        if kind == "time":
            first, second = (
                datetime.combine(date(2000, 1, 1), time.fromisoformat(text)) for text in (old, new)
            )
            return abs((first - second).total_seconds())
    except (ValueError, InvalidOperation, TypeError):
        return math.nan
    return math.nan


_FORMS: dict[Kind, Callable[[Any], str]] = {
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "stamp": _stamp,
    "moment": _moment,
    "time": _time,
    "bytes": _bytes,
    "json": _json,
    "text": _text,
    "any": _text,
}
