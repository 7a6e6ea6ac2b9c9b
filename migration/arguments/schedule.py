"""A DAG's schedule: cron, spans of time, timetables, and triggers on assets' events."""

from __future__ import annotations

from typing import Any

from migration.arguments import partitions
from migration.arguments.assets import trigger_of
from migration.arguments.clock_changes import meets_a_change
from migration.arguments.cron import comes
from migration.arguments.flow_options import FlowOptions
from migration.graph import Dag
from migration.writing.literals import Values, number
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


def schedule(value: Any, dag: Dag, found: FlowOptions, values: Values) -> Claim:
    """Claim a DAG's schedule.

    Raises RefusedError.
    """
    if value is None or value == "@once" or value == "@continuous":
        if value == "@continuous":
            raise RefusedError("a run that starts again when it has ended; loop in a flow of one's own")
        note = "start it once with `prefect deployment run NAME/NAME`" if value == "@once" else ""
        return equivalent(note, "once") if note else Claim()
    if isinstance(value, str):
        return _cron(value, found)
    if isinstance(value, dict) and "$timedelta" in value:
        found.every = f"timedelta(seconds={number(value['$timedelta'])})"
        values.imports.add("from datetime import timedelta")
        found.deployment["schedules"] = [{"interval": value["$timedelta"]}]
        return equivalent(
            "an interval ends at its run's moment; from when ticks count, see the docs", "intervals"
        )
    if isinstance(value, dict) and value.get("$made") in partitions.KINDS:
        return _partitioned(value, found, values)
    trigger = trigger_of(value)
    if trigger is not None:
        found.deployment["triggers"] = [{**trigger, "enabled": True}]
        return equivalent("a trigger of the deployment on the assets' events", "assets")
    return _timetable(value, found)


def _cron(value: str, found: FlowOptions) -> Claim:
    cron = PRESETS.get(value, value)
    if not comes(cron):
        raise RefusedError(f"Prefect does not take the schedule {value!r}; give five fields that come true")
    if not found.timezone:
        raise RefusedError("an offset from UTC that no time zone has; name the start date's zone")
    found.every = f'"{value}"'
    found.deployment["schedules"] = [{"cron": cron, "timezone": found.timezone}]
    if meets_a_change(cron, found.timezone):
        return equivalent(
            "the run starts at the same moment, but maybe earlier on days on which the clocks change",
            "schedules",
        )
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
