"""Calls a pipeline's steps one after the other; what a user without an orchestrator would write.

    echo '{"pipeline": ..., "database_url": ...}' | python -m engines.standalone.steps

reads a request from standard input, so that no secret stands in a command line, and writes the outcome as
one line of JSON to standard output. The exit code is 0 whatever came of the steps: the outcome says it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
from sqlalchemy.engine import make_url

from pipelines import catalog, notices
from pipelines.secrets import mask_values, password_of

logger = logging.getLogger("replant.standalone")
NOTIFY = "notify"


def run_steps(request: dict[str, Any]) -> dict[str, Any]:
    """Run the steps of `request["pipeline"]` in order, then notify.

    The request has `pipeline`, `database_url`, `settings` and `webhook_url`; the outcome has `state`,
    `started`, `ended`, `tasks`, `error`, `warnings`, `cpu_seconds` and `process_cpu_seconds` (with imports).
    """
    pipeline = catalog.find(request["pipeline"])
    settings = catalog.settings_for(pipeline, request["settings"])
    before = _cpu_seconds()
    clock = time.monotonic()
    started = datetime.now(UTC)
    calls = _Calls(request, settings)
    results: dict[str, catalog.StepResult] = {}
    for step in pipeline.steps:
        given = [results[name] for name in step.needs if name in results]
        parts = _run_parts(calls, step.split, given) if step.split else []
        # A step that can be split takes its parts' results as well, where there were any.
        found = calls.call(step.name, step.run, *given, *([parts] if parts else []))
        if found is not None:
            results[step.name] = found
    error = mask_values(calls.error, _secrets(request)) if calls.error else None
    tasks = sorted(calls.tasks, key=lambda task: pipeline.task_order(task["name"]))
    notice = notices.Notice(
        pipeline=pipeline.name,
        engine="standalone",
        state="failed" if error else "success",
        seconds=time.monotonic() - clock,
        counts=pipeline.counts(results),
        link=None,
        error=error,
    )
    begun = datetime.now(UTC)
    sent = notices.send(request["webhook_url"], notice)
    tasks.append(_task(NOTIFY, "success", begun, sent))
    return {
        "state": "failed" if error else "success",
        "started": started.isoformat(),
        "ended": datetime.now(UTC).isoformat(),
        "tasks": tasks,
        "error": error,
        "warnings": [sent["warning"]] if sent["warning"] else [],
        "cpu_seconds": _cpu_seconds() - before,
        "process_cpu_seconds": _cpu_seconds(),
    }


class _Calls:
    """Calls steps, each on a connection of its own, until one fails; notes what came of each."""

    def __init__(self, request: dict[str, Any], settings: Any) -> None:
        self._request = request
        self.settings = settings
        self.tasks: list[dict[str, Any]] = []
        self.error: str | None = None

    def call(self, name: str, function: Callable[..., Any], *given: Any) -> Any:
        """Give what `function` gives, or None if it or one before it failed."""
        if self.error is not None:
            self.tasks.append(_task(name, "not_run"))
            return None
        begun = datetime.now(UTC)
        try:
            with closing(_connect(self._request["database_url"])) as connection:
                found = function(connection, self.settings, *given)
        except Exception as raised:  # noqa: BLE001 - whatever a step raises is the outcome, and is told
            hidden = _secrets(self._request)
            logger.error("%s failed: %s", name, mask_values(traceback.format_exc(), hidden))
            self.error = self.error or f"{name}: {type(raised).__name__}: {raised}".strip()
            self.tasks.append(_task(name, "failed", begun))
            return None
        logger.info("%s: %s", name, found)
        result = found if isinstance(found, dict) else {"value": found}
        self.tasks.append(_task(name, "success", begun, result))
        return found


def _run_parts(calls: _Calls, split: catalog.Split, given: list[catalog.StepResult]) -> list[Any]:
    """Run the parts of a step, some at a time, where it is to be split; give their results."""
    if calls.error is not None or not split.wanted(calls.settings, *given):
        return []
    parts = calls.call(split.plan, split.make_parts, *given) or []
    names = [catalog.part_name(split.part, number) for number in range(len(parts))]
    with ThreadPoolExecutor(split.at_once(calls.settings)) as pool:
        return list(pool.map(lambda name, part: calls.call(name, split.run_part, part), names, parts))


def _task(
    name: str, state: str, begun: datetime | None = None, result: catalog.StepResult | None = None
) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat() if begun else None
    start = begun.isoformat() if begun else None
    return {"name": name, "state": state, "queued": start, "started": start, "ended": now, "result": result}


def _connect(url: str) -> psycopg2.extensions.connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg2.connect(plain, application_name="replant standalone")


def _secrets(request: dict[str, Any]) -> tuple[str, ...]:
    found = (request["database_url"], password_of(request["database_url"]), request["webhook_url"])
    return tuple(secret for secret in found if secret)


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> int:
    """Serve one request from standard input."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    print(json.dumps(run_steps(json.load(sys.stdin))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
