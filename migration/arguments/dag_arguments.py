"""A DAG's own arguments: options of the flow, of its deployment, and its schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from migration.arguments import partitions
from migration.arguments.assets import trigger_of
from migration.arguments.base import TOLD_LATE
from migration.arguments.callbacks import claim_of
from migration.graph import Dag
from migration.writing.literals import Values
from migration.writing.plan import Claim, RefusedError, equivalent, refused

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
PAGE = equivalent("only Airflow's page shows it", "page")
SIMPLE: dict[str, Claim] = {
    "start_date": equivalent("Prefect does not run the past; the date is not needed", "start-date"),
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


@dataclass
class FlowOptions:
    """What the DAG's arguments become."""

    options: dict[str, str] = field(default_factory=dict)
    """Of `@flow`, as code."""
    deployment: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    """The flow's parameters and their defaults, as code."""
    every: str | None = None
    """The schedule as code for `begin`, where the logical date is the interval's start."""
    keeps_interval: bool = False
    """The timetable has intervals in Airflow 3, too."""
    timezone: str = "UTC"
    docstring: str = ""
    ends: str = ""
    """The moment after which no run does anything, as code."""
    partition: str = ""
    """The run's partition key, as code."""
    claims: dict[str, Claim] = field(default_factory=dict)


def flow_options(dag: Dag, style: int, values: Values) -> FlowOptions:
    """Give the flow's options, its deployment and what became of each argument."""
    found = FlowOptions()
    found.timezone = _zone(dag)
    for name, value in dag.arguments.items():
        try:
            found.claims[name] = _claim(name, value, dag, found, values)
        except RefusedError as error:
            found.claims[name] = refused(error.reason)
    if style >= 3 and not found.keeps_interval:
        found.every = None
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


def _zone(dag: Dag) -> str:
    for value in (dag.arguments.get("start_date"), dag.default_args.get("start_date")):
        if isinstance(value, dict) and value.get("zone"):
            zone = str(value["zone"])
            return zone if "/" in zone else "UTC"
    return "UTC"


def _schedule(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value is None or value == "@once" or value == "@continuous":
        if value == "@continuous":
            raise RefusedError("a run that starts again when it has ended; loop in a flow of one's own")
        note = "start it once with `prefect deployment run`" if value == "@once" else ""
        return equivalent(note, "once") if note else Claim()
    if isinstance(value, str):
        return _cron(value, found)
    if isinstance(value, dict) and "$timedelta" in value:
        found.every = f"timedelta(seconds={value['$timedelta']:g})"
        values.imports.add("from datetime import timedelta")
        found.deployment["schedules"] = [{"interval": value["$timedelta"]}]
        return equivalent("ticks count from when the deployment is made, not from start_date", "intervals")
    if isinstance(value, dict) and value.get("$made") in partitions.KINDS:
        return _partitioned(value, found, values)
    trigger = trigger_of(value)
    if trigger is not None:
        found.deployment["triggers"] = [{**trigger, "enabled": True}]
        return equivalent("a trigger of the deployment on the assets' events", "assets")
    return _timetable(value, found)


def _cron(value: str, found: FlowOptions) -> Claim:
    cron = PRESETS.get(value, value)
    if len(cron.split()) != 5 or "\u27e6" in cron:
        raise RefusedError(f"a schedule {value!r} that Prefect does not take")
    found.every = f'"{value}"'
    found.deployment["schedules"] = [{"cron": cron, "timezone": found.timezone}]
    return equivalent(
        "the run starts at the same moment; what its logical date is, see the docs", "schedules"
    )


def _partitioned(value: dict[str, Any], found: FlowOptions, values: Values) -> Claim:
    made = partitions.partitioned(value)
    found.partition = made.key
    found.parameters.update(dict.fromkeys(made.parameters, "None"))
    values.imports |= made.imports
    if made.cron:
        found.deployment["schedules"] = [{"cron": made.cron, "timezone": made.timezone}]
    if made.trigger:
        found.deployment["triggers"] = [{**made.trigger, "enabled": True}]
    return equivalent("the run's partition key is a parameter of the flow", "partitions")


def _timetable(value: Any, found: FlowOptions) -> Claim:
    kind = value.get("$made") if isinstance(value, dict) else None
    args, kwargs = (value["args"], value["kwargs"]) if kind else ([], {})
    if kind in ("CronTriggerTimetable", "CronDataIntervalTimetable"):
        cron = args[0] if args else kwargs.get("cron")
        zone = kwargs.get("timezone", args[1] if len(args) > 1 else "UTC")
        if isinstance(zone, str) and isinstance(cron, str):
            found.timezone = zone
            claim = _cron(cron, found)
            found.keeps_interval = kind == "CronDataIntervalTimetable"
            found.every = found.every if found.keeps_interval else None
            return refused("a trigger's interval is not kept") if "interval" in kwargs else claim
    if kind in ("AssetOrTimeSchedule", "DatasetOrTimeSchedule"):
        members = kwargs.get("assets", kwargs.get("datasets"))
        if isinstance(members, dict) and "$tuple" in members:
            members = members["$tuple"]
        trigger = trigger_of(members)
        if trigger is not None:
            _timetable(kwargs["timetable"], found)
            found.deployment["triggers"] = [{**trigger, "enabled": True}]
            return equivalent("a schedule, and a trigger on the assets' events", "assets")
    if isinstance(value, dict) and "$symbol" in value:
        raise RefusedError("a schedule that a setting gives; give the export with --settings")
    raise RefusedError(
        f"the timetable {kind or 'of this DAG'} has no counterpart; list its times in the deployment"
    )


def _catchup(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value:
        return equivalent("past runs are started one by one, see the docs", "catchup")
    return Claim()


def _end_date(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value is None:
        return Claim()
    if not isinstance(value, dict) or "$datetime" not in value:
        raise RefusedError("an end that is only known at run time")
    found.ends = values.write(
        {"$datetime": value["$datetime"] if value["zone"] else f"{value['$datetime']}+00:00"}
    )
    return equivalent("a run that is scheduled later ends at once, as skipped", "end-date")


def _active_runs(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if not isinstance(value, int):
        raise RefusedError("a number that is only known at run time")
    found.deployment["concurrency_limit"] = value
    return equivalent("further runs wait in the deployment's queue", "runs")


def _active_tasks(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    values.imports.add("from prefect.task_runners import ThreadPoolTaskRunner")
    found.options["task_runner"] = f"ThreadPoolTaskRunner(max_workers={values.write(value)})"
    return equivalent("counts within one run, not over all runs of the DAG", "runs")


def _timeout(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    if value is None:
        return Claim()
    if not isinstance(value, dict) or "$timedelta" not in value:
        raise RefusedError("a time that is only known at run time")
    found.options["timeout_seconds"] = f"{value['$timedelta']:g}"
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
        if not name.isidentifier():
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
    "schedule": _schedule,
    "schedule_interval": _schedule,
    "timetable": _schedule,
    "catchup": _catchup,
    "end_date": _end_date,
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
