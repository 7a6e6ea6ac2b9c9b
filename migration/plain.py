"""Short forms of single names of the runtime, for files that need nothing else of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Helper:
    """A function that is written into the file."""

    code: str
    imports: tuple[str, ...]


WAIT = '''def wait_until(check: Callable[[], Any], every: float, at_most: float) -> None:
    """Ask every so many seconds until the answer is true; raise TimeoutError when the time is up."""
    deadline = time.monotonic() + at_most
    while not check():
        if time.monotonic() + every > deadline:
            raise TimeoutError(f"not there after {at_most:g} s")
        time.sleep(every)
'''
EMITS = '''def emits(*assets: str) -> Any:
    """Make a state hook that tells of updated assets."""

    def hook(task: Any, run: Any, state: Any) -> None:
        for asset in assets:
            resource = {"prefect.resource.id": f"airflow.asset.{asset}"}
            emit_event("airflow.asset.updated", resource, payload={"asset": asset, "task_id": task.name})

    return hook
'''
DAYS_AGO = '''def days_ago(n: int) -> datetime:
    """Give midnight some days ago, UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=n)
'''
CALLABLE, ANY = "from collections.abc import Callable", "from typing import Any"
HELPERS = {
    "wait_until": Helper(WAIT, ("import time", CALLABLE, ANY)),
    "emits": Helper(EMITS, ("from prefect.events import emit_event", ANY)),
    "days_ago": Helper(DAYS_AGO, ("from datetime import UTC, datetime, timedelta",)),
}


def helpers_for(names: Collection[str]) -> list[Helper] | None:
    """Give the functions that stand for these names; None if one of them takes the runtime."""
    if not all(name in HELPERS for name in names):
        return None
    return [HELPERS[name] for name in sorted(names)]
