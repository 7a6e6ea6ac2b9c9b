"""What an Airflow tells about its DAGs and runs: frozen, with aware times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FINISHED_RUN_STATES = ("success", "failed")


@dataclass(frozen=True)
class Dag:
    """A DAG that has been parsed."""

    dag_id: str
    is_paused: bool
    file: str | None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class DagImportError:
    """A file that could not be parsed, with Airflow's traceback."""

    file: str
    stack_trace: str


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    logical_date: datetime | None
    queued: datetime | None
    started: datetime | None
    ended: datetime | None

    @property
    def finished(self) -> bool:
        """Say whether nothing of it will run any more."""
        return self.state in FINISHED_RUN_STATES


@dataclass(frozen=True)
class TaskInstance:
    """One task of a run, at its latest try."""

    task_id: str
    state: str | None
    """None: the scheduler has not looked at it."""
    try_number: int
    scheduled: datetime | None
    queued: datetime | None
    started: datetime | None
    ended: datetime | None
    hostname: str | None = None
    map_index: int = -1
    """The number of a mapped instance, from 0; -1: the task is not mapped, or not expanded."""


@dataclass(frozen=True)
class LogEvent:
    """One line of a task's log."""

    timestamp: str | None
    level: str
    event: str
    errors: tuple[Mapping[str, Any], ...] = ()
    """The chain of exceptions, outermost first: `exc_type`, `exc_value`, `frames`."""


@dataclass(frozen=True)
class Connection:
    """A connection; as read from an Airflow, its password is masked."""

    connection_id: str
    conn_type: str
    host: str | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    port: int | None = None
    schema: str | None = None
    extra: str | None = field(default=None, repr=False)
    """A JSON text."""
    description: str | None = None


@dataclass(frozen=True)
class Variable:
    """A Variable; Airflow masks the values of those whose name sounds secret."""

    key: str
    value: str = field(repr=False)
    description: str | None = None


def moment(text: str | None) -> datetime | None:
    """Read a time as Airflow writes it."""
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


def dag_run(values: Mapping[str, Any]) -> DagRun:
    """Make a DagRun from Airflow's JSON."""
    return DagRun(
        dag_id=values["dag_id"],
        run_id=values["dag_run_id"],
        state=values["state"],
        run_type=values["run_type"],
        logical_date=moment(values.get("logical_date")),
        queued=moment(values.get("queued_at")),
        started=moment(values.get("start_date")),
        ended=moment(values.get("end_date")),
    )


def task_instance(values: Mapping[str, Any]) -> TaskInstance:
    """Make a TaskInstance from Airflow's JSON."""
    return TaskInstance(
        task_id=values["task_id"],
        state=values.get("state"),
        try_number=values.get("try_number") or 0,
        scheduled=moment(values.get("scheduled_when")),
        queued=moment(values.get("queued_when")),
        started=moment(values.get("start_date")),
        ended=moment(values.get("end_date")),
        hostname=values.get("hostname"),
        map_index=values.get("map_index", -1),
    )


def connection(values: Mapping[str, Any]) -> Connection:
    """Make a Connection from Airflow's JSON."""
    return Connection(**{name: values.get(name) for name in Connection.__dataclass_fields__})  # type: ignore[arg-type]


def log_event(values: Mapping[str, Any] | str) -> LogEvent:
    """Make a LogEvent from an entry of Airflow's log: an object, or a bare line."""
    if isinstance(values, str):
        return LogEvent(None, "info", values)
    return LogEvent(
        timestamp=values.get("timestamp"),
        level=str(values.get("level") or "info"),
        event=str(values.get("event", "")),
        errors=tuple(values.get("error_detail") or ()),
    )
