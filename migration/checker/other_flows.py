"""A sensor of another flow must ask for the flow, the tasks and the moment that it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migration.graph import Task

SENSORS = ("ExternalTaskSensor", "ExternalTaskSensorAsync")


def other_flow_differences(task: Task, call: Mapping[str, Any]) -> Iterator[str]:
    """Give what differs, one sentence each."""
    if task.operator not in SENSORS:
        return
    names = _listed(task.get("external_task_ids")) or _listed(task.get("external_task_id"))
    if call["args"] != [task.get("external_dag_id"), names]:
        yield f"{task.task_id} waits for {call['args']} instead of {task.get('external_dag_id')}, {names}"
    delta = task.get("execution_delta")
    wanted = {
        "delta": delta["$timedelta"] if isinstance(delta, dict) else 0,
        "group": task.get("external_task_group_id") or "",
        "fails": "failed" in _listed(task.get("failed_states")),
    }
    for name, value in wanted.items():
        if call["kwargs"].get(name, type(value)()) != value:
            yield f"{task.task_id} waits with {name} {call['kwargs'].get(name)!r} instead of {value!r}"


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("$tuple", value.get("$set", []))
    return value if isinstance(value, list) else [] if value is None else [value]
