"""Assets and what Airflow keeps with them: events with their extras, aliases, and state.

An update is an event in Prefect: `airflow.asset.updated` for `airflow.asset.NAME`, or, in a run that has a
partition, `airflow.asset.partition.updated`. State of an asset is kept in Prefect Variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.events.filters import EventFilter, EventNameFilter, EventOrder, EventResourceFilter
from prefect.variables import Variable

UPDATED, PARTITION_UPDATED = "airflow.asset.updated", "airflow.asset.partition.updated"
NEVER_EXPIRE = timedelta.max
PAGE = 50
"""Events that Prefect's server gives at once."""


@dataclass(frozen=True)
class Asset:
    """A thing that tasks update; known by its name, which is its URI where it has no other."""

    name: str = ""
    uri: str = ""
    group: str = field(default="asset", compare=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)
    kind = "asset"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.uri)
        object.__setattr__(self, "uri", self.uri or self.name)

    @property
    def resource(self) -> str:
        """The id of its events' resource."""
        return f"airflow.{self.kind}.{self.name}"

    @staticmethod
    def ref(name: str = "", uri: str = "") -> Asset:
        """Refer to an asset by one of its names."""
        return Asset(name, uri)


class Dataset(Asset):
    """An asset by Airflow 2's name."""

    def __init__(self, uri: str, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(uri, uri, extra=extra or {})


class AssetAlias(Asset):
    """A name through which assets that are only known at run time are updated."""

    kind = "asset-alias"

    def __init__(self, name: str, group: str = "asset") -> None:
        super().__init__(name, group=group)


DatasetAlias = AssetAlias


@dataclass(frozen=True)
class Metadata:
    """What a task yields to say something with an asset's update."""

    asset: Asset
    extra: Mapping[str, Any] = field(default_factory=dict)
    alias: AssetAlias | None = None


@dataclass
class OutletEvent:
    """What one task says with its update of one asset."""

    extra: dict[str, Any] = field(default_factory=dict)
    partitions: list[str] = field(default_factory=list)
    added: list[tuple[Asset, dict[str, Any]]] = field(default_factory=list)

    def add_partitions(self, keys: str | Sequence[str]) -> None:
        """Update these partitions; one named twice is updated once."""
        given = [keys] if isinstance(keys, str) else keys
        self.partitions = list(dict.fromkeys([*self.partitions, *given]))

    def add(self, asset: Asset, extra: Mapping[str, Any] | None = None) -> None:
        """Update an asset through an alias."""
        self.added.append((asset, dict(extra or {})))


@dataclass
class OutletEvents:
    """`outlet_events` of one task."""

    found: dict[str, OutletEvent] = field(default_factory=dict)

    def __getitem__(self, asset: Asset) -> OutletEvent:
        return self.found.setdefault(asset.resource, OutletEvent())

    def take(self, said: Metadata) -> None:
        """Take what the task yields."""
        self[said.asset].extra.update(said.extra)
        if said.alias is not None:
            self[said.alias].add(said.asset, said.extra)


@dataclass(frozen=True)
class AssetEvent:
    """One update of the past."""

    asset: Asset
    extra: Mapping[str, Any]
    timestamp: datetime
    source_dag_id: str | None
    source_task_id: str | None
    partition_key: str | None


class InletEvents:
    """`inlet_events`: the updates of an asset, the oldest first."""

    def __getitem__(self, asset: Asset) -> list[AssetEvent]:
        chosen = EventFilter(
            event=EventNameFilter(name=[UPDATED, PARTITION_UPDATED]),
            resource=EventResourceFilter(id=[asset.resource]),
            order=EventOrder.ASC,
        )
        with get_client(sync_client=True) as client:
            page: Any = client.read_events(chosen, limit=PAGE)
            events = list(page.events)
            while page.next_page:
                page = client.read_events_page(page.next_page)
                events += page.events
        return [_event(asset, one.occurred, one.payload) for one in events]

    def for_asset(self, name: str = "", uri: str = "") -> list[AssetEvent]:
        """Give an asset's by its name."""
        return self[Asset(name, uri)]

    def for_asset_alias(self, name: str) -> list[AssetEvent]:
        """Give those through an alias."""
        return self[AssetAlias(name)]


def _event(asset: Asset, occurred: datetime, payload: Mapping[str, Any]) -> AssetEvent:
    updated = Asset(payload.get("asset", asset.name))
    dag_id, task_id = payload.get("dag_id"), payload.get("task_id")
    return AssetEvent(
        updated, payload.get("extra") or {}, occurred, dag_id, task_id, payload.get("partition")
    )


def emit_updates(asset: Asset, said: OutletEvent, run_partition: str | None, **source: Any) -> None:
    """Tell of an asset's update, or of those through an alias."""
    for added, extra in said.added:
        _emit(added, {**source, "asset": added.name, "extra": extra}, run_partition)
        _emit(asset, {**source, "asset": added.name, "extra": extra}, run_partition)
    if not isinstance(asset, AssetAlias):
        named: list[str | None] = [*said.partitions]
        for partition in named or [run_partition]:
            _emit(asset, {**source, "asset": asset.name, "extra": said.extra}, partition)


def _emit(asset: Asset, payload: dict[str, Any], partition: str | None) -> None:
    name = UPDATED if partition is None else PARTITION_UPDATED
    emit_event(name, {"prefect.resource.id": asset.resource}, payload={**payload, "partition": partition})


class _Store:
    """Keys and values; the names with an `a` in front are for `await`."""

    def get(self, key: str, default: Any = None) -> Any:
        raise NotImplementedError

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        raise NotImplementedError

    def delete(self, key: str) -> None:
        raise NotImplementedError

    async def aget(self, key: str, default: Any = None) -> Any:
        """Give a value."""
        return self.get(key, default)

    async def aset(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """Keep a value."""
        self.set(key, value, retention=retention)

    async def adelete(self, key: str) -> None:
        """Forget a value."""
        self.delete(key)


@dataclass
class TaskState(_Store):
    """`task_state_store`: what a task keeps for its next try, in the run's process."""

    kept: dict[str, str] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        """Give a value."""
        return json.loads(self.kept[key]) if key in self.kept else default

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """Keep a value that JSON can hold, until the run ends."""
        self.kept[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        """Forget a value."""
        self.kept.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self.kept.clear()

    async def aclear(self) -> None:
        """Forget all."""
        self.clear()


@dataclass(frozen=True)
class AssetState(_Store):
    """What is kept with one asset, over runs: a Prefect Variable for each key."""

    asset: Asset

    def _name(self, key: str) -> str:
        return re.sub(r"[^a-z0-9_-]", "_", f"asset_state_{self.asset.name}_{key}".lower())

    def get(self, key: str, default: Any = None) -> Any:
        """Give a value."""
        found: Any = Variable.get(self._name(key))
        return default if found is None else found["value"]

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """Keep a value that JSON can hold."""
        Variable.set(self._name(key), {"value": value}, overwrite=True)

    def delete(self, key: str) -> None:
        """Forget a value."""
        Variable.unset(self._name(key))


class AssetStates:
    """`asset_state_store`."""

    def __getitem__(self, asset: Asset) -> AssetState:
        return AssetState(asset)


def collected(values: Iterator[Any], events: OutletEvents) -> Any:
    """Run a generator to its end, taking the metadata that it yields; give what it returns."""
    while True:
        try:
            said = next(values)
        except StopIteration as end:
            return end.value
        if isinstance(said, Metadata):
            events.take(said)


def resolved(outlets: Sequence[str | Asset]) -> list[Asset]:
    """Give the assets; a text is a name."""
    return [Asset(one) if isinstance(one, str) else one for one in outlets]
