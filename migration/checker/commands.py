"""Compares how a command is run with what its operator was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migration.graph import Task


def command_differences(task: Task, call: Mapping[str, Any]) -> Iterator[str]:
    """Give what differs, one sentence each: in what is handed over, and to what."""
    if task.operator != "BashOperator":
        return
    given = {"env": "env", "cwd": "cwd", "output_processor": "processor"}
    mapped = set(task.mapping.arguments) if task.mapping else set()
    for name, parameter in given.items():
        if name not in mapped and (task.get(name) is not None) != (parameter in call["kwargs"]):
            yield f"{task.task_id} is {'not ' if task.get(name) is not None else ''}given {name}"
    if call["kwargs"].get("encoding", "utf-8") != task.get("output_encoding", "utf-8"):
        yield f"{task.task_id} reads its output in another encoding"
    function = task.get("output_processor")
    if isinstance(function, dict) and "$callable" in function:
        wanted = str(function["$callable"]).rpartition(".")[2]
        if call["kwargs"].get("processor") != {"$other": wanted}:
            yield f"{task.task_id} gives its output to {call['kwargs'].get('processor')}"
