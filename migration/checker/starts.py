"""Compares what starts a written flow with the DAG's schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migration.checker.dates import AIRFLOW_3
from migration.graph import Dag

PRESETS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
           "@monthly": "0 0 1 * *", "@quarterly": "0 0 1 */3 *", "@yearly": "0 0 1 1 *",
           "@annually": "0 0 1 1 *"}  # fmt: skip


def schedule_differences(dag: Dag, seen: Mapping[str, Any], deployment: Mapping[str, Any]) -> Iterator[str]:
    """Give what differs, one sentence each."""
    yield from _schedule(dag, deployment)
    value = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
    wanted, found = set(_assets(value)), set(_resources(deployment.get("triggers") or []))
    for name in sorted(wanted ^ found):
        yield f"the asset {name} {'does not start' if name in wanted else 'starts'} the flow"
    kind = str(value.get("$made", "")) if isinstance(value, dict) else ""
    if ("Partition" in kind) != ("partition_key" in seen["parameters"]):
        yield f"the flow has {'no' if 'Partition' in kind else 'a'} partition"
    crons = [one.get("cron") for one in deployment.get("schedules") or []]
    if kind == "CronPartitionTimetable" and crons != [value["kwargs"].get("cron", *value["args"][:1])]:
        yield "the schedule of the partitions is lost"


def _assets(value: Any) -> Iterator[str]:
    """Give the names of the assets in a schedule."""
    if isinstance(value, dict) and str(value.get("$made", "")).endswith(("Asset", "Dataset", "Alias")):
        given = value["kwargs"]
        yield str(given.get("name") or next(iter(value["args"]), None) or given.get("uri"))
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in ("default_partition_mapper", "timetable"):
                yield from _assets(one)
    elif isinstance(value, list):
        for one in value:
            yield from _assets(one)


def _resources(value: Any) -> Iterator[str]:
    """Give the names of the assets in triggers."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "prefect.resource.id":
                yield one.removeprefix("airflow.").partition(".")[2]
            else:
                yield from _resources(one)
    elif isinstance(value, list):
        for one in value:
            yield from _resources(one)


CRON_TIMETABLES = ("CronTriggerTimetable", "CronDataIntervalTimetable")


def _schedule(dag: Dag, deployment: Mapping[str, Any]) -> Iterator[str]:
    given = [dag.arguments.get(name) for name in ("schedule", "schedule_interval", "timetable")]
    value = next((one for one in given if one is not None), None)
    schedules: Sequence[Mapping[str, Any]] = deployment.get("schedules") or []
    if isinstance(value, str) and not value.startswith(("@once", "@continuous")):
        wanted = PRESETS.get(value, value)
        if [one.get("cron") for one in schedules] != [wanted] and len(wanted.split()) == 5:
            yield f"the schedule {value} is lost"
        yield from _other_zones(dag, schedules)
    elif isinstance(value, dict) and "$timedelta" in value:
        if [one.get("interval") for one in schedules] != [value["$timedelta"]]:
            yield "the schedule's interval is lost"
    elif isinstance(value, dict) and value.get("$made") in CRON_TIMETABLES:
        cron = value["kwargs"].get("cron", next(iter(value["args"]), None))
        if [one.get("cron") for one in schedules] != [PRESETS.get(str(cron), cron)]:
            yield f"the timetable's schedule {cron} is lost"
    elif value is None and schedules:
        yield "the flow has a schedule that the DAG has not"


def _other_zones(dag: Dag, schedules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Ask in both zones what time it was at the start date."""
    for start in (dag.arguments.get("start_date"), dag.default_args.get("start_date")):
        if isinstance(start, dict) and start.get("zone"):
            moment = datetime.fromisoformat(start["$datetime"])
            for one in schedules:
                if moment.astimezone(ZoneInfo(one.get("timezone", "UTC"))).utcoffset() != moment.utcoffset():
                    yield f"the schedule is in {one.get('timezone', 'UTC')} instead of {start['zone']}"
            return


def begin_differences(dag: Dag, source: str, seen: Mapping[str, Any], refused: set[str]) -> Iterator[str]:
    """Give what differs in how a flow begins that uses the runtime. `source`: the DAG file's text."""
    begun = seen["begun"]
    if begun is None:
        return
    if begun.get("dag_id") != dag.dag_id or not {"logical_date", "conf"} <= begun.keys():
        yield "the run does not begin with the DAG's id, a date and conf"
    params = dag.arguments.get("params")
    if isinstance(params, dict) and "params" not in refused and set(params) != set(begun.get("params") or {}):
        yield "the run does not begin with the DAG's params"
    if refused & {"schedule", "schedule_interval", "timetable"}:
        return
    wanted, zone = _interval(dag, source)
    every = begun.get("every")
    if PRESETS.get(str(every), every) != wanted:
        yield f"the run's interval is that of {every} instead of {wanted}"
    elif wanted is not None and begun.get("timezone", "UTC") != zone:
        yield f"the run's interval is in {begun.get('timezone', 'UTC')} instead of {zone}"


def _name(start: Mapping[str, Any] | None) -> str:
    """Give the name of a start date's zone; one that is only an offset is called by its hours."""
    if start is None:
        return "UTC"
    try:
        return ZoneInfo(str(start["zone"])).key
    except (ZoneInfoNotFoundError, ValueError):
        shown = datetime.fromisoformat(start["$datetime"]).strftime("%z")[:3]
        return f"Etc/GMT{-int(shown):+d}" if int(shown) else "UTC"


def _interval(dag: Dag, source: str) -> tuple[Any, str]:
    """Give the ticks between which a run's interval lies, and their zone; None: the date is the moment."""
    given = [dag.arguments.get(name) for name in ("schedule", "schedule_interval", "timetable")]
    value = next((one for one in given if one is not None), None)
    table = value if isinstance(value, dict) else {}
    if str(table.get("$made", "")).endswith("OrTimeSchedule"):
        table = table["kwargs"].get("timetable", {})
    kind = str(table.get("$made", ""))
    if kind == "CronDataIntervalTimetable":
        args, named = table["args"], table["kwargs"]
        cron = str(named.get("cron", next(iter(args), None)))
        return PRESETS.get(cron, cron), str(named.get("timezone", next(iter(args[1:]), "UTC")))
    if AIRFLOW_3.search(source) or kind or value in (None, "@once", "@continuous"):
        return None, "UTC"
    starts = (dag.arguments.get("start_date"), dag.default_args.get("start_date"))
    zone = next((one for one in starts if isinstance(one, dict) and one.get("zone")), None)
    is_span = isinstance(value, dict) and "$timedelta" in value
    if is_span or isinstance(value, str):
        return (value if is_span else PRESETS.get(value, value)), _name(zone)
    return None, "UTC"
