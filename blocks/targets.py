"""How a Connection becomes a block of Prefect, and how what is changed there comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from airflow_client.records import Connection
from blocks.sensitive import is_plain
from blocks.settings import CONNECTION_FIELDS, extras

GENERIC_SLUG = "airflow-connection"
_GENERIC_NAMES = {"schema": "schema_name"}  # pydantic's models have a `schema` of their own
# Kept in the ledger, and what the type of the block says anyway.
_NO_PLACE_NEEDED = frozenset({"conn_type", "description"})


@dataclass(frozen=True)
class Mapped:
    """A block's data (secrets included), and which fields of the Connection are in it."""

    data: Mapping[str, Any] = field(repr=False)
    carried: frozenset[str]
    """Names of fields, such as `login` or `extra.region_name`."""


@dataclass(frozen=True)
class Unsuited:
    """Why this block cannot hold this Connection; holds no value."""

    reason: str


Forward = Callable[[Connection, Mapping[str, Any]], "Mapped | Unsuited"]
Backward = Callable[[Mapping[str, Any], frozenset[str]], Mapping[str, Any]]


@dataclass(frozen=True)
class BlockType:
    """One of Prefect's block types and how a Connection fits into it."""

    slug: str
    block_class: str
    """`module:Class`."""
    package: str
    """What to install for it."""
    forward: Forward
    backward: Backward
    """Gives the Connection's fields that the data determine, named as in `Mapped.carried`, which it gets
    to choose where two fields of Airflow's could hold the same."""
    also: str | None = None
    """A further module that the block needs, of an extra of its package."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that must be there: the package's own, and that of its extra."""
        own = self.block_class.partition(":")[0].partition(".")[0]
        return (own,) if self.also is None else (own, self.also)


@dataclass(frozen=True)
class Carry:
    """One field of a Connection and its place in a block's data."""

    airflow: str
    """`login`, or `extra.NAME`."""
    block: str
    """`token`, or `connection_info.password`."""
    to: Callable[[Any], Any] = lambda value: value
    back: Callable[[Any], Any] = lambda value: value


def block_type(
    block_class: str,
    slug: str,
    package: str,
    carries: tuple[Carry, ...],
    required: tuple[str, ...] = (),
    constants: Mapping[str, Any] | None = None,
    also: str | None = None,
) -> BlockType:
    """Give a block type into which fields are carried one by one; later carries win.

    `required` are places in the data without which Prefect refuses the block.
    """

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        data: dict[str, Any] = json.loads(json.dumps(dict(constants or {})))
        carried = set()
        for carry in carries:
            value = field_of(connection, extra, carry.airflow)
            if value is None or value == "":
                continue
            try:
                _put(data, carry.block, carry.to(value))
            except (TypeError, ValueError):
                return Unsuited(f"{carry.airflow} does not fit into {carry.block} of {slug}")
            carried.add(carry.airflow)
        lacking = [place for place in required if get(data, place) in (None, "")]
        if lacking:
            needed = sorted({carry.airflow for carry in carries if carry.block in lacking})
            return Unsuited(f"{slug} needs {', '.join(needed)}")
        return Mapped(data, frozenset(carried))

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        by_place: dict[str, Carry] = {}
        for carry in carries:
            if carry.airflow in carried or by_place.get(carry.block, carry).airflow not in carried:
                by_place[carry.block] = carry
        values = ((carry, get(data, carry.block)) for carry in by_place.values())
        return {carry.airflow: carry.back(value) for carry, value in values if value is not None}

    return BlockType(slug, block_class, package, forward, backward, also)


def field_of(connection: Connection, extra: Mapping[str, Any], name: str) -> Any:
    """Give a field by name; an extra also under the long name that Airflow's forms once used."""
    if not name.startswith("extra."):
        return getattr(connection, name)
    key = name.removeprefix("extra.")
    return extra.get(key, extra.get(f"extra__{connection.conn_type}__{key}"))


def get(data: Mapping[str, Any], place: str) -> Any:
    """Give the value at `a.b`, or None."""
    value: Any = data
    for key in place.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _put(data: dict[str, Any], place: str, value: Any) -> None:
    *folders, last = place.split(".")
    for key in folders:
        data = data.setdefault(key, {})
    data[last] = value


def generic(connection: Connection) -> Mapped:
    """Give the data of the generic block, which keeps every field."""
    data = {
        "conn_id": connection.connection_id,
        **{_GENERIC_NAMES.get(name, name): getattr(connection, name) for name in CONNECTION_FIELDS},
    }
    present = {name: value for name, value in data.items() if value is not None}
    return Mapped(
        present, frozenset((*CONNECTION_FIELDS, *(f"extra.{key}" for key in extras(connection) or {})))
    )


def generic_back(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
    """Give every field out of the generic block's data."""
    return {name: data.get(_GENERIC_NAMES.get(name, name)) for name in CONNECTION_FIELDS}


def _generic_forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped:
    return generic(connection)


GENERIC = BlockType(
    GENERIC_SLUG, "blocks.connection_block:AirflowConnection", "replant", _generic_forward, generic_back
)


def not_carried(connection: Connection, mapped: Mapped) -> tuple[str, ...]:
    """Name the fields that have a value and no place in the block; they are kept for the way back."""
    names = [
        name
        for name in CONNECTION_FIELDS
        if name not in _NO_PLACE_NEEDED and name != "extra" and getattr(connection, name) not in (None, "")
    ]
    extra = extras(connection)
    if extra is None:
        names.append("extra")
    else:
        names += [f"extra.{key}" for key in extra]
    carried = mapped.carried | {
        f"extra.extra__{connection.conn_type}__{name.removeprefix('extra.')}" for name in mapped.carried
    }
    return tuple(name for name in names if name not in carried and "extra" not in mapped.carried)


def changed_back(connection: Connection, before: Mapping[str, Any], now: Mapping[str, Any]) -> Connection:
    """Give the Connection with the fields that differ between two readings of its block."""
    changes = {name: now.get(name) for name in {*before, *now} if before.get(name) != now.get(name)}
    plain = {name: value for name, value in changes.items() if not name.startswith("extra.")}
    extra_changes = {name.removeprefix("extra."): changes[name] for name in changes if name not in plain}
    fields: dict[str, Any] = asdict(connection) | plain
    connection = Connection(**fields)
    if not extra_changes:
        return connection
    extra = dict(extras(connection) or {})
    for key, value in extra_changes.items():
        long_name = f"extra__{connection.conn_type}__{key}"
        name = long_name if long_name in extra else key
        if value is None:
            extra.pop(name, None)
        else:
            extra[name] = value
    return replace(connection, extra=json.dumps(extra) if extra else None)


def plain_extras(extra: Mapping[str, Any], left_out: frozenset[str]) -> dict[str, Any]:
    """Give the extras that may stand in a field that Prefect shows: none that looks secret."""
    return {
        key: value
        for key, value in extra.items()
        if key not in left_out and not key.startswith("extra__") and is_plain(key, value)
    }
