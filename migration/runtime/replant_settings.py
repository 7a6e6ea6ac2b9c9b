"""Settings, exceptions and operators by the names that Airflow gives them, kept in Prefect.

A Variable is a Prefect Variable of the mapped name (lowercase, digits, underscores), or a Secret block where
the value is secret.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from prefect._vendor.croniter import croniter  # type: ignore[attr-defined]
from prefect.blocks.system import Secret
from prefect.context import FlowRunContext, TaskRunContext
from prefect.variables import Variable as PrefectVariable
from replant_database import block_name  # type: ignore[import-not-found]

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


class AirflowException(Exception):  # noqa: N818 - Airflow's own name
    """A failure of a task."""


class AirflowSkipException(AirflowException):
    """Ends a task as skipped."""


class AirflowFailException(AirflowException):
    """Ends a task as failed, without further tries."""


class DownstreamTasksSkipped(AirflowException):
    """Ends a task well and skips the tasks of these ids behind it; an index of a copy is left out."""

    def __init__(self, *, tasks: Iterable[str | tuple[str, int]]) -> None:
        super().__init__()
        self.tasks = frozenset(one if isinstance(one, str) else one[0] for one in tasks)


def variable_name(name: str) -> str:
    """Give the Prefect Variable's name for a Variable's key."""
    return re.sub(r"[^a-z0-9_-]", "_", name.lower())


def days_ago(n: int) -> datetime:
    """Give midnight some days ago, UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=n)


class Variable:
    """Airflow's Variables, read from Prefect's Variables and Secret blocks."""

    @staticmethod
    def get(key: str, default_var: Any = ..., deserialize_json: bool = False, **other: Any) -> Any:
        """Give a value; raises KeyError if there is none and no default."""
        default = other.get("default", default_var)
        found: Any = PrefectVariable.get(variable_name(key))
        if found is None:
            try:
                found = Secret.load(block_name(key)).get()  # type: ignore[union-attr]
            except ValueError:
                if default is ...:
                    raise KeyError(
                        f"Prefect has no Variable {variable_name(key)!r} ({key} in Airflow)"
                    ) from None
                return default
        if deserialize_json:
            return json.loads(found) if isinstance(found, str) else found
        return found if isinstance(found, str) else json.dumps(found)

    @staticmethod
    def set(key: str, value: Any, serialize_json: bool = False, **_: Any) -> None:
        """Write a value."""
        PrefectVariable.set(variable_name(key), value if serialize_json else str(value), overwrite=True)


@dataclass(frozen=True)
class PokeReturnValue:
    """What a sensor's check gives."""

    is_done: bool
    xcom_value: Any = None

    def __bool__(self) -> bool:
        return self.is_done


class BaseOperator:
    """The base of an operator of one's own; its `execute` runs inside a task."""

    template_fields: Any = ()

    def __init__(self, *_: Any, task_id: str = "", **kwargs: Any) -> None:
        self.task_id = task_id
        self.log = logging.getLogger(type(self).__name__)
        for name, value in kwargs.items():
            setattr(self, name, value)

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Do the work."""
        raise NotImplementedError(f"{type(self).__name__} has no execute")


class BaseSensorOperator(BaseOperator):
    """The base of a sensor of one's own; asks until its `poke` is true."""

    poke_interval = 60.0
    timeout = 7 * 24 * 3600.0
    soft_fail = False

    def poke(self, context: Mapping[str, Any]) -> Any:
        """Say whether what it waits for is there."""
        raise NotImplementedError(f"{type(self).__name__} has no poke")

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Ask until it is there or time is up."""
        return wait_until(lambda: self.poke(context), self.poke_interval, self.timeout, self.soft_fail)


def wait_until(
    check: Callable[[], Any], every: Any = 60.0, at_most: Any = 604800.0, skip: bool = False
) -> Any:
    """Ask every so many seconds until the answer is true; then give its value.

    Raises AirflowSkipException (`skip`) or TimeoutError when the time is up.
    """
    pause, limit = (v.total_seconds() if isinstance(v, timedelta) else float(v) for v in (every, at_most))
    deadline = time.monotonic() + limit
    while True:
        answer = check()
        if answer:
            return answer.xcom_value if isinstance(answer, PokeReturnValue) else None
        if time.monotonic() + pause > deadline:
            text = f"not there after {limit:g} s"
            raise AirflowSkipException(text) if skip else TimeoutError(text)
        rest(pause)


def rest(seconds: float) -> None:
    """Wait, but no longer than the flow's run goes on: Ctrl-C ends it in a thread, too.

    Raises KeyboardInterrupt.
    """
    flow, task = FlowRunContext.get(), TaskRunContext.get()
    events = getattr(flow.task_runner, "_cancel_events", {}) if flow is not None else {}
    stopped = events.get(task.task_run.id) if task is not None else None
    if stopped is None:
        time.sleep(seconds)
    elif stopped.wait(seconds):
        raise KeyboardInterrupt("the flow's run has been stopped")


def previous_tick(every: str | timedelta, moment: datetime, timezone: str, forward: bool = False) -> datetime:
    """Give the schedule's tick before (or after) a moment, in UTC's or the schedule's own zone."""
    if isinstance(every, timedelta):
        return moment + every if forward else moment - every
    cron, zone = PRESETS.get(every, every), ZoneInfo(timezone)
    # a daily tick is a time on the wall clock; one of every few minutes is not moved by a change of clocks
    base = UTC if cron.split()[1].startswith("*") else zone
    ticks: Any = croniter(cron, moment.astimezone(base).replace(tzinfo=None))  # type: ignore[no-untyped-call]
    found: datetime = ticks.get_next(datetime) if forward else ticks.get_prev(datetime)
    return found.replace(tzinfo=base)
