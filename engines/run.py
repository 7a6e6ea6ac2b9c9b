"""What came of running a pipeline once: frozen records that cross every door after the engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, Self

EngineName = Literal["standalone", "airflow", "prefect"]
Mode = Literal["in-process", "dispatched"]
RunState = Literal["success", "failed"]
TaskState = Literal["success", "failed", "skipped", "upstream_failed", "not_run"]

ENGINES: tuple[EngineName, ...] = ("standalone", "airflow", "prefect")
MODES: tuple[Mode, ...] = ("in-process", "dispatched")


@dataclass(frozen=True)
class TaskRun:
    """One task of a run. Times are aware, in UTC."""

    name: str
    state: TaskState
    queued: datetime | None
    """When the engine knew that the task could run."""
    started: datetime | None
    ended: datetime | None
    try_number: int = 1
    result: Mapping[str, Any] | None = None
    log: str | None = None
    """Path of the task's own log, below the run's log folder, or the URL where the engine keeps it."""

    @property
    def seconds(self) -> float | None:
        """How long the task's own code ran."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()

    @property
    def queue_seconds(self) -> float | None:
        """How long the task waited for the engine."""
        if self.queued is None or self.started is None:
            return None
        return max(0.0, (self.started - self.queued).total_seconds())


@dataclass(frozen=True)
class Usage:
    """What a run cost. None where it cannot be measured (a server that is not ours)."""

    cpu_seconds: float | None
    """The processes that ran the steps: for a dispatched run, worker and task processes."""
    peak_memory_bytes: int | None
    """Highest sampled sum of the proportional set sizes of those processes."""
    server_cpu_seconds: float | None = None
    """The orchestrator's own servers, over the time of the run."""
    server_memory_bytes: int | None = None
    database_cpu_seconds: float | None = None
    """The backends of the pipeline's database server."""
    samples: int = 0


@dataclass(frozen=True)
class Run:
    """One run of one pipeline on one engine."""

    pipeline: str
    engine: EngineName
    mode: Mode
    state: RunState
    requested: datetime
    """When replant asked the engine for the run."""
    started: datetime
    ended: datetime
    tasks: tuple[TaskRun, ...]
    engine_run_id: str | None = None
    """The engine's own name for the run."""
    url: str | None = None
    """The run's page in the engine's own UI."""
    error: str | None = None
    """The engine's own words, secrets masked, if the run failed."""
    warnings: tuple[str, ...] = ()
    usage: Usage | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    input_hash: str | None = None
    log_dir: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From the request to the end, as a user would wait for it."""
        return (self.ended - self.requested).total_seconds()


@dataclass(frozen=True)
class RunRequest:
    """What an engine is asked to run. The two URLs are secrets: no repr, no log, no argv."""

    pipeline: str
    database_url: str = field(repr=False)
    log_dir: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the pipeline's settings that are not the default, `dry_run` among them."""
    webhook_url: str | None = field(default=None, repr=False)
    label: str = "run"
    """Tells runs of one session apart: in names of connections, blocks and log folders. [a-z0-9-]"""
    timeout_seconds: float = 3600.0
    input_hash: str | None = None
    """Of the snapshot that the database is a copy of; passed on into the Run by the session."""


class Engine(Protocol):
    """Started once, asked for any number of runs, then stopped; a context manager."""

    @property
    def name(self) -> EngineName: ...

    @property
    def mode(self) -> Mode: ...

    def __enter__(self) -> Self:
        """Start what the engine needs. Raises CannotProceedError if that is not possible."""
        ...

    def __exit__(self, *_: object) -> None:
        """Stop all that was started."""
        ...

    def run(self, request: RunRequest) -> Run:
        """Run once. A pipeline that fails gives a Run with state `failed`.

        Raises CannotProceedError if the engine could not run it at all.
        """
        ...


def run_as_json(run: Run) -> dict[str, Any]:
    """Give the run as plain values: times in ISO 8601, with the derived figures beside them."""
    plain = asdict(run)
    plain["seconds"] = run.seconds
    for task, values in zip(run.tasks, plain["tasks"], strict=True):
        values["seconds"] = task.seconds
        values["queue_seconds"] = task.queue_seconds
    result = _plain(plain)
    assert isinstance(result, dict)  # noqa: S101
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
