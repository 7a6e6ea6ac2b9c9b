"""Which callbacks look at more than names: their flow has to keep an account of its run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migration.arguments.hooks import names_taken, takes_nothing
from migration.graph import Dag, Task
from migration.writing.literals import Values
from migration.writing.plan import Claim, equivalent
from migration.writing.site import Site

CALLBACKS = ("on_failure_callback", "on_success_callback", "on_retry_callback", "sla_miss_callback",
             "on_skipped_callback")  # fmt: skip
AROUND = ("pre_execute", "on_execute_callback", "post_execute")
"""What is called inside a task, before and after its own work."""
HOOK = equivalent("the context that it gets has the common names only", "callbacks")
FAILS = equivalent(
    "it takes no argument, but is called with the context: an error in the log, as in Airflow", "callbacks"
)
OF_THE_RUN = re.compile(
    r"xcom_|\b(ds|ds_nodash|ts|ts_nodash|logical_date|execution_date|data_interval_\w+|(next|prev)_\w+|params"
    r"|conf|var|macros)\b"
)


def read_the_run(dag: Dag, site: Site) -> bool:
    """Say whether a callback of the DAG or of a task reads dates, settings or XComs of the run."""
    return any(_reads(one, site) for one in callbacks_of(dag))


def callbacks_of(dag: Dag) -> Iterator[Any]:
    given = [dag.arguments.get(name) for name in CALLBACKS]
    given += [task.get(name) for task in dag.tasks for name in CALLBACKS]
    for value in given:
        yield from value if isinstance(value, list) else [value] if value else []


def claim_of(references: list[Any]) -> Claim:
    """Claim an argument that has these callbacks."""
    return FAILS if any(takes_nothing(one) for one in references) else HOOK


def _reads(reference: Any, site: Site) -> bool:
    if names_taken(reference, site.moments) is not None:
        return False
    if not isinstance(reference, dict) or reference.get("file") != str(site.source.path):
        return True
    statement = site.source.at_line(int(reference["line"]))
    if statement is None:
        return True
    kept, _ = site.source.closure(sorted(statement.binds))
    return any(OF_THE_RUN.search(one.code) for one in kept if not one.is_import)


def first_of(task: Task, values: Values) -> list[str]:
    """Give what is called before a task's own work, as code: conditions first, as in Airflow.

    Raises RefusedError.
    """
    found = []
    for one in _listed(task.get("pre_execute")):
        if isinstance(one, dict) and "$condition" in one:
            kind, message = str(one["$condition"]), one["message"]
            values.runtime.add(kind)
            shown = f", {values.write(message)}" if message is not None else ""
            found.append(f"{kind}({values.write(one['function'])}{shown})")
        else:
            found.append(values.write(one))
    for one in _listed(task.get("on_execute_callback")):
        values.runtime.add("calls")
        found.append(f"calls({values.write(one)})")
    return found


def skip_hooks(task: Task, values: Values) -> list[str]:
    """Give the hooks of a task's `on_skipped_callback`, as code."""
    values.runtime.add("skip_hook")
    return [f"skip_hook({values.write(one)})" for one in _listed(task.get("on_skipped_callback"))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
