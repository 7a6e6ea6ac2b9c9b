"""How often a task is tried, and the pauses between its tries."""

from __future__ import annotations

from math import ceil
from typing import Any

from migration.graph import Dag, Task
from migration.writing.literals import Values, number
from migration.writing.plan import Claim, RefusedError, equivalent

AIRFLOWS_DELAY = 300.0
"""Seconds between two tries where none are given; Prefect's default is none."""
LONGEST = 86400.0
"""No pause of Airflow's that grows is longer, in seconds (`MAX_RETRY_DELAY`)."""
MOST = 50
"""Prefect takes no more pauses; the last one is for all further tries."""
GROWS = equivalent("Airflow adds up to the same again to each pause, by the run's date", "retries")


def seconds(value: Any) -> float:
    """Give a span of time in seconds.

    Raises RefusedError.
    """
    if isinstance(value, dict) and "$timedelta" in value:
        return float(value["$timedelta"])
    if isinstance(value, int | float):
        return float(value)
    raise RefusedError("a time that is only known while Airflow builds the DAG")


def retries(value: Any, task: Task, dag: Dag, options: dict[str, str], values: Values) -> Claim:
    """Claim `retries`."""
    options["retries"] = values.write(value)
    if not task.has("retry_delay"):
        options["retry_delay_seconds"] = number(AIRFLOWS_DELAY)
    return Claim()


def retry_delay(value: Any, task: Task, dag: Dag, options: dict[str, str], values: Values) -> Claim:
    """Claim `retry_delay`."""
    if task.get("retries") in (None, 0):
        return Claim(note="without retries it has no effect")
    options["retry_delay_seconds"] = _pauses(seconds(value), task, values)
    return Claim()


def backoff(value: Any, task: Task, dag: Dag, options: dict[str, str], values: Values) -> Claim:
    """Claim `retry_exponential_backoff`."""
    if task.get("retries") in (None, 0):
        return Claim(note="without retries it has no effect")
    if not task.has("retry_delay"):
        options["retry_delay_seconds"] = _pauses(AIRFLOWS_DELAY, task, values)
    return GROWS


def max_delay(value: Any, task: Task, dag: Dag, options: dict[str, str], values: Values) -> Claim:
    """Claim `max_retry_delay`, which Airflow heeds only where the pauses grow."""
    if task.get("retry_exponential_backoff"):
        return Claim()
    return Claim(note="without retry_exponential_backoff it has no effect")


def _pauses(first: float, task: Task, values: Values) -> str:
    """Give the pauses as code: one for all, Prefect's own doubling, or a list that ends with the longest."""
    given = task.get("retry_exponential_backoff")
    factor = 2.0 if given is True else given or 1.0  # Airflow's True doubles, its numbers multiply
    if not isinstance(factor, int | float) or factor < 0:
        raise RefusedError("pauses that grow by what is only known while Airflow builds the DAG")
    if factor == 1:
        return number(first)
    longest = min(seconds(task.get("max_retry_delay") or LONGEST), LONGEST)
    tries = task.get("retries")
    number_of = min(tries, MOST) if isinstance(tries, int) else MOST
    pauses = [min(max(ceil(first * factor**index), 1), longest) for index in range(number_of)]
    if pauses == [first * 2**index for index in range(number_of)]:
        values.imports.add("from prefect.tasks import exponential_backoff")
        return f"exponential_backoff({number(first)})"
    while len(pauses) > 1 and pauses[-1] == pauses[-2]:
        pauses.pop()
    return f"[{', '.join(number(pause) for pause in pauses)}]"
