"""The recorded graph: what a DAG file builds, with the place of each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
"""A value as the recorder encodes it: scalars and lists plain, the rest as {"$kind": …}."""


@dataclass(frozen=True)
class Spot:
    """A call: file, lines from 1, columns from 0."""

    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    calls: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Argument:
    """One argument or attribute of a task, whatever it came by."""

    name: str
    value: Json
    origin: str
    """call, class, default_args, set later; own: the author's class takes it and Airflow's base does not."""


@dataclass(frozen=True)
class Expansion:
    """expand or expand_kwargs."""

    kind: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True)
class Task:
    """A node."""

    task_id: str
    operator: str
    module: str
    bases: tuple[str, ...]
    own: bool
    """The class is the author's."""
    decorator: str | None
    spot: Spot
    arguments: tuple[Argument, ...]
    mapping: Expansion | None = None
    group: str | None = None
    marks: Mapping[str, bool] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    """What the `__init__` of a class of the author's takes by name."""
    rendered: Mapping[str, bool] = field(default_factory=dict)
    """Its arguments with templates that reach a field that Airflow renders; false: and another one, too."""

    def get(self, name: str, default: Json = None) -> Json:
        """Give an argument's value, if Airflow's class gets it."""
        found = (one.value for one in self.arguments if one.name == name and one.origin != "own")
        return next(found, default)

    def has(self, name: str) -> bool:
        """Say whether Airflow's class gets such an argument."""
        return any(one.name == name and one.origin != "own" for one in self.arguments)


@dataclass(frozen=True)
class Edge:
    """Downstream runs after upstream."""

    upstream: str
    downstream: str
    kind: str
    """order or data."""
    label: str | None
    line: int


@dataclass(frozen=True)
class Group:
    """A task group."""

    group_id: str
    parent: str | None
    line: int
    mapping: Expansion | None
    options: Mapping[str, Json]


@dataclass(frozen=True)
class Dag:
    """One DAG."""

    dag_id: str
    spot: Spot
    factory: str | None
    """The function that `@dag` decorates."""
    arguments: Mapping[str, Json]
    default_args: Mapping[str, Json]
    tasks: tuple[Task, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...]
    inside: str = ""
    """The DAG that runs this one inside a task."""

    def task(self, task_id: str) -> Task:
        """Give a task; raises KeyError."""
        for task in self.tasks:
            if task.task_id == task_id:
                return task
        raise KeyError(task_id)

    def before(self, task_id: str) -> list[str]:
        """Give the ids right before, in the order of the tasks."""
        found = {edge.upstream for edge in self.edges if edge.downstream == task_id}
        return [task.task_id for task in self.tasks if task.task_id in found]

    def after(self, task_id: str) -> list[str]:
        """Give the ids right after, in the order of the tasks."""
        found = {edge.downstream for edge in self.edges if edge.upstream == task_id}
        return [task.task_id for task in self.tasks if task.task_id in found]


@dataclass(frozen=True)
class Recording:
    """One file's recording: its DAGs, or the reason why it could not be recorded."""

    path: str
    reason: str | None = None
    dags: tuple[Dag, ...] = ()
    doubts: tuple[tuple[int, str], ...] = ()
    """Where a symbolic value decided something: (line, what)."""
    missing_modules: tuple[str, ...] = ()
    names_read: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> str:
        """recorded or unreadable."""
        return "recorded" if self.reason is None else "unreadable"


def recording_from(path: str, document: Mapping[str, Any]) -> Recording:
    """Give the recording out of the recorder's JSON.

    Raises KeyError, TypeError or ValueError if it does not have the shape.
    """
    return Recording(
        path=path,
        dags=tuple(_dag(dag) for dag in document["dags"]),
        doubts=tuple((int(note["line"]), str(note["what"])) for note in document["doubts"]),
        missing_modules=tuple(str(name) for name in document["missing_modules"]),
        names_read=tuple((str(kind), str(name)) for kind, name in document["names_read"]),
    )


def _dag(document: Mapping[str, Any]) -> Dag:
    return Dag(
        dag_id=str(document["dag_id"]),
        spot=_spot(document["spot"]),
        factory=document["factory"],
        arguments=dict(document["arguments"]),
        default_args=dict(document["default_args"]),
        tasks=tuple(_task(task) for task in document["tasks"]),
        edges=tuple(Edge(**edge) for edge in document["edges"]),
        groups=tuple(_group(group) for group in document["groups"]),
        inside=str(document["inside"]),
    )


def _spot(document: Mapping[str, Any]) -> Spot:
    calls = tuple((str(file), int(line)) for file, line in document["calls"])
    return Spot(**{**document, "calls": calls})


def _mapping(document: Mapping[str, Any] | None) -> Expansion | None:
    return None if document is None else Expansion(str(document["kind"]), dict(document["arguments"]))


def _task(document: Mapping[str, Any]) -> Task:
    return Task(
        task_id=str(document["task_id"]),
        operator=str(document["operator"]),
        module=str(document["module"]),
        bases=tuple(document["bases"]),
        own=bool(document["own"]),
        decorator=document["decorator"],
        spot=_spot(document["spot"]),
        arguments=tuple(Argument(**argument) for argument in document["arguments"]),
        mapping=_mapping(document["mapping"]),
        group=document["group"],
        marks=dict(document["marks"]),
        named=tuple(str(name) for name in document["named"]),
        rendered={str(name): bool(only) for name, only in document["rendered"]},
    )


def _group(document: Mapping[str, Any]) -> Group:
    return Group(
        group_id=str(document["group_id"]),
        parent=document["parent"],
        line=int(document["line"]),
        mapping=_mapping(document["mapping"]),
        options=dict(document["options"]),
    )
