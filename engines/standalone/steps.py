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
    tasks: list[dict[str, Any]] = []
    results: dict[str, catalog.StepResult] = {}
    error = None
    for step in pipeline.steps:
        if error is not None:
            tasks.append(_task(step.name, "not_run"))
            continue
        logger.info("%s: %s", step.name, step.summary)
        begun = datetime.now(UTC)
        try:
            with closing(_connect(request["database_url"])) as connection:
                results[step.name] = step.run(connection, settings, *(results[name] for name in step.needs))
        except Exception as raised:  # noqa: BLE001 - whatever a step raises is the outcome, and is told
            logger.error("%s failed: %s", step.name, mask_values(traceback.format_exc(), _secrets(request)))
            error = f"{step.name}: {type(raised).__name__}: {raised}".strip()
            tasks.append(_task(step.name, "failed", begun))
        else:
            logger.info("%s: %s", step.name, results[step.name])
            tasks.append(_task(step.name, "success", begun, results[step.name]))
    error = mask_values(error, _secrets(request)) if error else None
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
