"""Makes a Run of what Airflow tells about one, whichever way it was run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow_client.records import LogEvent
from engines.run import RunRequest, TaskRun, TaskState
from pipelines.catalog import Pipeline, part_name
from pipelines.secrets import mask_values, password_of

STATES: Mapping[str, TaskState] = {
    "success": "success",
    "failed": "failed",
    "skipped": "skipped",
    "upstream_failed": "upstream_failed",
}
"""Airflow's states that end a task; a task in any other state did not run to an end."""
NOTICE_KEY = "notice"
"""The XCom in which a failed task leaves what became of its message to Slack."""


def task_state(state: str | None) -> TaskState:
    """Translate Airflow's state of a task."""
    return STATES.get(state or "", "not_run")


def secrets_of(request: RunRequest) -> tuple[str, ...]:
    """Give what must not stand in anything that is kept of a run."""
    found = (request.database_url, password_of(request.database_url), request.webhook_url)
    return tuple(secret for secret in found if secret)


def task_name(task_id: str, map_index: int) -> str:
    """Name a task as it stands in a Run: mapped instances are numbered."""
    return task_id if map_index < 0 else part_name(task_id, map_index)


def in_order(tasks: Iterable[TaskRun], pipeline: Pipeline) -> tuple[TaskRun, ...]:
    """Sort tasks as the pipeline has its steps; what is none (the notice) comes last.

    The tasks of parts of a step are left out where the step was not split.
    """
    parts = {name for split in pipeline.splits for name in (split.plan, split.part)}
    shown = [task for task in tasks if task.name not in parts or task.state in ("success", "failed")]
    return tuple(sorted(shown, key=lambda task: pipeline.task_order(task.name)))


def as_result(value: Any) -> Mapping[str, Any] | None:
    """Give what a task returned as a result: anything but a mapping goes below `value`."""
    return value if value is None or isinstance(value, Mapping) else {"value": value}


def warnings_of(answers: Iterable[Mapping[str, Any] | None]) -> tuple[str, ...]:
    """Give the warnings among what tasks left behind."""
    return tuple(str(answer["warning"]) for answer in answers if answer and answer.get("warning"))


def error_in(events: Sequence[LogEvent]) -> str | None:
    """Give the error that ended a task, as its log has it: the last exception, or the last error line."""
    for event in reversed(events):
        if event.errors:
            cause = event.errors[0]
            return f"{cause.get('exc_type')}: {cause.get('exc_value')}".strip()
    for event in reversed(events):
        if event.level in ("error", "critical"):
            return event.event
    return None


def write_log(path: Path, events: Iterable[LogEvent], secrets: tuple[str, ...]) -> None:
    """Write a task's log as plain lines, secrets masked, to a file that only the user can read."""
    lines = [line for event in events for line in _lines(event)]
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(mask_values("\n".join(lines), secrets) + "\n")


def _lines(event: LogEvent) -> list[str]:
    lines = [" ".join(filter(None, (event.timestamp, event.level.upper(), event.event)))]
    for error in event.errors:
        lines += [
            f"    {frame.get('filename')}:{frame.get('lineno')} in {frame.get('name')}"
            for frame in error.get("frames", ())
        ]
        lines.append(f"  {error.get('exc_type')}: {error.get('exc_value')}")
    return lines
