"""Whether a value that the file computes while it is read is computed again in the flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migration.graph import Task


def frozen_values(task: Task, call: Mapping[str, Any]) -> Iterator[str]:
    """Give what the task is given as it was when the file was recorded; the flow is run at another moment."""
    reached = list(_scalars([call["args"], call["kwargs"]]))
    for argument in task.arguments:
        for was in _recorded(argument.value):
            if was in reached:
                yield f"{task.task_id} is given {argument.name} as it was when the file was recorded"


def _recorded(value: Any) -> Iterator[Any]:
    """Give the values of the first reading that differ in the second."""
    if isinstance(value, dict) and "$computed" in value:
        yield from _scalars(value["was"][0])
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _recorded(one)


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _scalars(one)
    elif isinstance(value, str | float) or (isinstance(value, int) and abs(value) > 1):
        yield value
