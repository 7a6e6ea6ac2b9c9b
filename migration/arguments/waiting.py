"""What all sensors share: how often they ask, how long, and what happens when time is up."""

from __future__ import annotations

from typing import Any

from migration.graph import Task
from migration.writing.literals import number
from migration.writing.plan import Claim, RefusedError, equivalent

KNOWN = ("poke_interval", "timeout", "soft_fail", "mode", "exponential_backoff", "deferrable", "silent_fail",
         "max_wait", "never_fail")  # fmt: skip


def pace(task: Task) -> str:
    """Give the arguments of `wait_until` after the question.

    Raises RefusedError.
    """
    if task.get("never_fail"):
        raise RefusedError("a sensor that never fails; catch the error in the task", "never_fail")
    every, limit = _seconds(task.get("poke_interval", 60)), _seconds(task.get("timeout", 604800))
    shown = f"every={number(every)}, at_most={number(limit)}"
    return f"{shown}{', skip=True' if task.get('soft_fail') else ''}"


def claims_of(task: Task, *names: str) -> dict[str, Claim]:
    """Claim a sensor's arguments."""
    found = {name: Claim() for name in (*KNOWN, *names) if task.has(name)}
    for name in ("mode", "deferrable", "exponential_backoff", "max_wait"):
        if task.has(name):
            found[name] = equivalent("it waits in the run's own process, at a steady pace", "deferrable")
    return found


def _seconds(value: Any) -> float:
    if isinstance(value, dict) and "$timedelta" in value:
        return float(value["$timedelta"])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise RefusedError("a sensor's time that is only known at run time")
