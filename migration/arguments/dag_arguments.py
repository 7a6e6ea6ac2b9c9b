"""A DAG's own arguments: options of the flow and of its deployment."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from typing import Any

from migration.arguments import bounds
from migration.arguments.base import TOLD_LATE
from migration.arguments.callbacks import claim_of
from migration.arguments.flow_options import FlowOptions
from migration.arguments.schedule import schedule
from migration.arguments.zones import zone_of
from migration.graph import Dag
from migration.writing.literals import Values, number
from migration.writing.plan import Claim, RefusedError, equivalent, refused

PAGE = equivalent("only Airflow's page shows it", "page")
SIMPLE: dict[str, Claim] = {
    "default_view": PAGE,
    "orientation": PAGE,
    "owner_links": PAGE,
    "dag_display_name": PAGE,
    "auto_register": PAGE,
    "doc_md": Claim(),
    "description": Claim(),
    "fail_stop": refused("let the flow raise at the first failure by calling the tasks directly"),
    "fail_fast": refused("let the flow raise at the first failure by calling the tasks directly"),
    "access_control": refused(
        "Prefect's server has no rights per flow; keep them where the flow is deployed"
    ),
    "template_searchpath": Claim(note="files were read from there"),
    "render_template_as_native_obj": refused("templates give text; turn it into a value in the task"),
    "user_defined_filters": refused("write the filter as a function that the task calls"),
    "jinja_environment_kwargs": refused("the templates' settings are fixed"),
    "deadline": refused("make a Prefect automation for a late run"),
    "allowed_run_types": refused("Prefect does not limit how a flow is started"),
}
OFF: tuple[Any, ...] = (None, False, [], {}, "", 0)
"""Values of an argument above that ask for nothing."""

UNSAID = "none is given, so there is none, as in Airflow 3; Airflow 1 and 2 run such a DAG every day"


def flow_options(dag: Dag, style: int, values: Values) -> FlowOptions:
    """Give the flow's options, its deployment and what became of each argument."""
    found = FlowOptions()
    found.timezone = zone_of(dag)
    for name, value in dag.arguments.items():
        if name in bounds.NAMES:
            continue
        try:
            found.claims[name] = _claim(name, value, dag, found, values)
        except RefusedError as error:
            found.claims[name] = refused(error.reason)
    if style >= 3 and not found.keeps_interval:
        found.every = None
    bounds.bound(dag, found, style, values)
    if (
        style < 3
        and not dag.inside
        and not {"schedule", "schedule_interval", "timetable"} & dag.arguments.keys()
    ):
        found.claims["schedule"] = equivalent(UNSAID, "schedules")
    return found


def _claim(name: str, value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if name in WRITERS:
        return WRITERS[name](value, dag, found, values)
    if name in SIMPLE:
        if name in ("doc_md", "description") and value and not isinstance(value, dict):
            if name == "description":
                found.options["description"] = values.write(value)
            else:
                found.docstring = str(value)
        return (
            Claim(note="its default") if value in OFF and SIMPLE[name].status == "refused" else SIMPLE[name]
        )
    return (
        Claim(note="its default") if value is None else refused("there is no rule for this argument of a DAG")
    )


def _catchup(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value:
        return equivalent("past runs are started one by one, see the docs", "catchup")
    return Claim()


def _active_runs(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value is None:
        return Claim(note="its default")
    if not isinstance(value, int):
        raise RefusedError("a number that is only known at run time")
    if value < 1:
        raise RefusedError("with this number no run ever begins; pause the DAG if that is meant")
    found.deployment["concurrency_limit"] = int(value)
    return equivalent("further runs wait in the deployment's queue", "runs")


def _active_tasks(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value is None:
        return Claim(note="its default")
    if isinstance(value, int) and value < 1:
        raise RefusedError("with this number no task ever begins; pause the DAG if that is meant")
    values.imports.add("from prefect.task_runners import ThreadPoolTaskRunner")
    found.options["task_runner"] = f"ThreadPoolTaskRunner(max_workers={values.write(value)})"
    return equivalent("counts within one run, not over all runs of the DAG", "runs")


def _timeout(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value is None:
        return Claim()
    if not isinstance(value, dict) or "$timedelta" not in value:
        raise RefusedError("a time that is only known at run time")
    found.options["timeout_seconds"] = number(value["$timedelta"])
    return equivalent("it cannot interrupt code that blocks in a thread", "timeouts")


def _tags(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    given = value if isinstance(value, list) else value.get("$tuple", value.get("$set")) if value else []
    if given is None or not all(isinstance(one, str) for one in given):
        raise RefusedError("tags that are only known at run time")
    found.deployment["tags"] = list(given)
    return Claim()


def _paused(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    found.deployment["paused"] = bool(value)
    return Claim()


def _params(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if not isinstance(value, dict) or "$dict" in value:
        raise RefusedError("parameters that are only known at run time")
    typed = []
    for name, default in value.items():
        if not name.isidentifier() or iskeyword(name):
            raise RefusedError(f"the parameter {name!r} is not a Python name")
        if isinstance(default, dict) and "$paramdef" in default:
            typed += [name] if default["schema"] else []
        found.parameters[name] = values.write(default)
    if typed:
        return equivalent(
            f"parameters of the flow; the schemas of {', '.join(typed)} are not checked", "params"
        )
    return Claim()


def _macros(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value:
        raise RefusedError("write the macro as a function that the task calls")
    return Claim()


def _sla_missed(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value and any(task.get("sla") for task in dag.tasks):
        raise RefusedError(TOLD_LATE)
    return Claim(note="no task has an SLA, so it is never called")


def _callback(hook: str) -> Callable[..., Claim]:
    def write(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
        if value is None:
            return Claim()
        given = value if isinstance(value, list) else [value]
        found.options[hook] = f"[{', '.join(f'airflow_hook({values.write(one)})' for one in given)}]"
        values.runtime.add("airflow_hook")
        return claim_of(given)

    return write


WRITERS: dict[str, Callable[..., Claim]] = {
    "schedule": schedule,
    "schedule_interval": schedule,
    "timetable": schedule,
    "catchup": _catchup,
    "max_active_runs": _active_runs,
    "max_active_tasks": _active_tasks,
    "concurrency": _active_tasks,
    "dagrun_timeout": _timeout,
    "tags": _tags,
    "is_paused_upon_creation": _paused,
    "params": _params,
    "user_defined_macros": _macros,
    "on_failure_callback": _callback("on_failure"),
    "on_success_callback": _callback("on_completion"),
    "sla_miss_callback": _sla_missed,
}
