"""Which callbacks look at more than names: their flow has to keep an account of its run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migration.graph import Dag
from migration.site import Site

CALLBACKS = ("on_failure_callback", "on_success_callback", "on_retry_callback", "sla_miss_callback")
OF_THE_RUN = re.compile(
    r"xcom_|\b(ds|ds_nodash|ts|ts_nodash|logical_date|execution_date|data_interval_\w+|(next|prev)_\w+|params"
    r"|conf|var|macros)\b"
)


def read_the_run(dag: Dag, site: Site) -> bool:
    """Say whether a callback of the DAG or of a task reads dates, settings or XComs of the run."""
    return any(_reads(one, site) for one in _callbacks(dag))


def _callbacks(dag: Dag) -> Iterator[Any]:
    given = [dag.arguments.get(name) for name in CALLBACKS]
    given += [task.get(name) for task in dag.tasks for name in CALLBACKS]
    for value in given:
        yield from value if isinstance(value, list) else [value] if value else []


def _reads(reference: Any, site: Site) -> bool:
    if not isinstance(reference, dict) or reference.get("file") != str(site.source.path):
        return True
    statement = site.source.at_line(int(reference["line"]))
    if statement is None:
        return True
    kept, _ = site.source.closure(sorted(statement.binds))
    return any(OF_THE_RUN.search(one.code) for one in kept if not one.is_import)
