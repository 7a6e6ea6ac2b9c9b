"""Compares the options of a task's run with what its operator was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from migration.graph import Task

HOOKS = {"on_failure": ("on_failure_callback",),
         "on_completion": ("on_success_callback", "on_skipped_callback")}  # fmt: skip


def _seconds(value: Any) -> Any:
    return value["$timedelta"] if isinstance(value, dict) and "$timedelta" in value else value


MOST_TRIES = 50
"""Prefect makes no more delays than that."""


def _pause(task: Task, delay: float, number: int) -> float:
    """Give the least pause of Airflow's after a try, in seconds; it adds up to the same again."""
    growth = task.get("retry_exponential_backoff")
    grown = delay * (2 if growth is True else growth) ** number
    return float(min(max(ceil(grown), 1), _seconds(task.get("max_retry_delay") or 86400), 86400))


def option_differences(task: Task, call: Mapping[str, Any]) -> Iterator[str]:
    """Compare retries, pauses, time-outs, pools and hooks."""
    retries = task.get("retries") or 0
    if isinstance(retries, int) and call["retries"] != retries:
        yield f"{task.task_id} tries again {call['retries']} times instead of {retries}"
    if retries:
        delay = _seconds(task.get("retry_delay", 300.0))
        wanted = delay
        is_known = isinstance(retries, int) and isinstance(delay, int | float)
        if task.get("retry_exponential_backoff") and is_known:
            wanted = [_pause(task, delay, number) for number in range(min(retries, MOST_TRIES))]
        found = call["retry_delay_seconds"]
        if isinstance(wanted, list):
            shown = found if isinstance(found, list) else [found]
            found = shown + shown[-1:] * (len(wanted) - len(shown))  # Prefect's last pause is for all further
        if found != wanted:
            yield f"{task.task_id} waits {call['retry_delay_seconds']} s between tries instead of {wanted}"
    timeout = _seconds(task.get("execution_timeout"))
    if (call["timeout_seconds"] or None) != timeout:
        yield f"{task.task_id} has a time-out of {call['timeout_seconds']} s instead of {timeout}"
    pool = task.get("pool")
    if isinstance(pool, str) and pool != "default_pool" and _pool_tag(pool) not in call["tags"]:
        yield f"{task.task_id} is not limited by the pool {pool}"
    is_limited = task.get("max_active_tis_per_dag") or task.get("task_concurrency")
    if is_limited and not any(_limits(tag, task) for tag in call["tags"]):
        yield f"{task.task_id} may run more often at once than {is_limited} times"
    for hook, names in HOOKS.items():
        given = [task.get(name) for name in names]
        wanted = sum(len(v) if isinstance(v, list) else int(v is not None) for v in given)
        if call["hooks"][hook] < wanted + (hook == "on_completion" and bool(task.get("outlets"))):
            yield f"{task.task_id} lost its {' or '.join(names)}"
    if retries and task.get("on_retry_callback") and not call["retry_condition"]:
        yield f"{task.task_id} lost its on_retry_callback"


def _pool_tag(pool: str) -> str:
    """Prefect's server has no limits with these signs in their names."""
    return "pool:" + pool.translate({ord(sign): "_" for sign in "/%&<>"})


def _limits(tag: str, task: Task) -> bool:
    return tag.startswith("task:") and tag.endswith(f".{task.task_id}")
