"""The dates of a checked run, worked out minute by minute, and templates filled with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, StrictUndefined

from migration.graph import Dag, Task

MOMENT = datetime(1000, 11, 23, 17, 46, tzinfo=UTC)
"""About when the checked flows are made to believe they run."""
LATER = timedelta(minutes=29)
"""How long after a tick a run by hand is tried."""
NAMES = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0"}
RESULT_OF = "\u27e8result of\u27e9"
"""In a filled text: what stands for a task's result."""
AIRFLOW_3 = re.compile(r"^\s*(from|import) airflow\.(sdk|providers\.standard)", re.MULTILINE)


def dates_of(name: str, dag: Dag) -> list[datetime | None]:
    """Give each task's `start_date` or `end_date`, its own or the DAG's; None where none is known."""
    given = [task.get(name) or dag.arguments.get(name) for task in dag.tasks]
    shown = [one.get("$datetime") if isinstance(one, dict) else one for one in given]
    read = [datetime.fromisoformat(one) if isinstance(one, str) else None for one in shown]
    return [one if one is None or one.tzinfo else one.replace(tzinfo=UTC) for one in read]


def moment_of(dag: Dag) -> datetime:
    """Give about when a flow is made to believe it runs: long ago, or after a start that is still to come."""
    starts = [one for one in dates_of("start_date", dag) if one is not None]
    ends = [one for one in dates_of("end_date", dag) if one is not None]
    first = min(starts, default=MOMENT)
    last = max(ends, default=first + timedelta(days=80, hours=35))
    return (
        MOMENT
        if first <= datetime.now(UTC)
        else (first + (last - first) / 2).replace(second=0, microsecond=0)
    )


def runs_of(dag: Dag, text: str) -> list[tuple[datetime, datetime, datetime]]:
    """Give two runs to try, (moment, start and end of the interval): on a tick, and by hand after the next.

    Without a schedule, and in files for Airflow 3, the interval is the moment; one of a time span ends there.
    """
    value = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
    first = moment_of(dag)
    if isinstance(value, dict) and "$timedelta" in value and not AIRFLOW_3.search(text):
        span = timedelta(seconds=value["$timedelta"])
        return [(moment, moment - span, moment) for moment in (first, first + LATER)]
    cron = NAMES.get(value, value) if isinstance(value, str) else ""
    fields = cron.split()
    tick = tick_near(first, fields, 1) if len(fields) == 5 else None
    after = None if tick is None else tick_near(tick, fields, 1)
    if AIRFLOW_3.search(text) or tick is None or after is None:
        return [(moment, moment, moment) for moment in (first, first + LATER)]
    by_hand = after + LATER
    start, end = tick_near(by_hand, fields, -1), tick_near(by_hand - timedelta(minutes=1), fields, 1)
    before = tick_near(tick, fields, -1)
    return [(tick, before or tick, tick), (by_hand, start or by_hand, end or by_hand)]


def next_of(dag: Dag, end: datetime) -> datetime | None:
    """Give the moment that lies as long after this one as two ticks are apart; None where it is not known."""
    value = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
    if isinstance(value, dict) and "$timedelta" in value:
        return end + timedelta(seconds=value["$timedelta"])
    fields = NAMES.get(value, value).split() if isinstance(value, str) else []
    tick = tick_near(end, fields, 1) if len(fields) == 5 else None
    after = None if tick is None else tick_near(tick, fields, 1)
    return None if tick is None or after is None else end + (after - tick)


def moment_differences(task: Task, call: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    """Compare the moments that a task of Airflow's works out of its run and that the flow hands to it."""
    given = {"TimeDeltaSensor": (1, "data_interval_end"), "LatestOnlyOperator": (0, NEXT)}
    place, name = given.get(task.operator.removesuffix("Async"), (0, ""))
    if name and len(call["args"]) > place and call["args"][place] != seen["context"][name]:
        yield f"{task.task_id} is given {call['args'][place]} as {name}"


NEXT = "the next run"


def tick_near(moment: datetime, fields: Sequence[str], step: int) -> datetime | None:
    """Give the next tick, or the one before; None if there is none within days."""
    for minutes in range(1, 9 * 1440):
        tick = moment + step * timedelta(minutes=minutes)
        if _is_tick(tick, fields):
            return tick
    return None


def _is_tick(moment: datetime, fields: Sequence[str]) -> bool:
    parts = (moment.minute, moment.hour, moment.day, moment.month, moment.isoweekday() % 7)
    return all(_fits(field, part) for field, part in zip(fields, parts, strict=True))


def _fits(field: str, part: int) -> bool:
    every = field.removeprefix("*/")
    return field in ("*", str(part)) or (
        field.startswith("*/") and every.isdigit() and part % int(every) == 0
    )


def _ds_add(ds: str, days: int) -> str:
    return (datetime.strptime(ds, "%Y-%m-%d") + timedelta(days=days)).strftime("%Y-%m-%d")


MACROS = SimpleNamespace(
    timedelta=timedelta,
    datetime=datetime,
    ds_add=_ds_add,
    ds_format=lambda ds, given, wanted: datetime.strptime(ds, given).strftime(wanted),
)


def own_params(dag: Dag) -> dict[str, Any]:
    """Give the parameters of single tasks that no other task, nor the DAG, has with another value."""
    found: dict[str, list[Any]] = {}
    for params in [dag.arguments.get("params"), *(task.get("params") for task in dag.tasks)]:
        for name, value in (params if isinstance(params, dict) else {}).items():
            is_typed = isinstance(value, dict) and "$paramdef" in value
            found.setdefault(name, []).append(value["$paramdef"] if is_typed else value)
    return {name: values[0] for name, values in found.items() if all(one == values[0] for one in values)}


def context_of(
    start: datetime, end: datetime, params: Mapping[str, Any], conf: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what a template may find by Airflow's names."""
    length = end - start
    day = timedelta(days=1)
    return {
        "logical_date": start, "execution_date": start, "data_interval_start": start,
        "data_interval_end": end, "next_execution_date": end, "ts": start.isoformat(),
        "ds": start.strftime("%Y-%m-%d"), "ds_nodash": start.strftime("%Y%m%d"),
        "ts_nodash": start.strftime("%Y%m%dT%H%M%S"), "next_ds": end.strftime("%Y-%m-%d"),
        "next_ds_nodash": end.strftime("%Y%m%d"), "prev_ds": (start - length).strftime("%Y-%m-%d"),
        "prev_ds_nodash": (start - length).strftime("%Y%m%d"), "params": dict(params),
        "yesterday_ds": (start - day).strftime("%Y-%m-%d"), "tomorrow_ds": (start + day).strftime("%Y-%m-%d"),
        "dag_run": SimpleNamespace(conf=conf), "macros": MACROS,
    }  # fmt: skip


def templates_in(dag: Dag) -> list[str]:
    """Give the texts that Airflow would render."""
    found = (text for task in dag.tasks for one in task.arguments for text in _texts(one.value))
    return sorted({text for text in found if "{{" in text})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def filled(
    texts: Sequence[str], context: Mapping[str, Any], pushed: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Render what needs dates, parameters and results alone; only where the authors' code is locked in.

    `pushed`: the keys that each task's function pushes.
    """
    engine = Environment(undefined=StrictUndefined)  # noqa: S701 - no HTML
    ti = _Results(pushed)
    context = {**context, "ti": ti, "task_instance": ti}
    found: dict[str, str] = {}
    for text in texts:
        try:
            found[text] = engine.from_string(text).render(context)
        except Exception:  # noqa: BLE001, S112 - it needs more, or is none
            continue
    return found


class _Results:
    """The task instance of a template: gives marks for results."""

    def __init__(self, pushed: Mapping[str, Sequence[str]]) -> None:
        self._pushed = pushed

    def xcom_pull(self, task_ids: str, dag_id: str = "", key: str = "return_value") -> str | None:
        """Give the mark of a task's whole result; raises KeyError for one key of several."""
        keys = self._pushed.get(task_ids) or ["return_value"]
        if len(keys) > 1 and key in keys:
            raise KeyError(key)
        return f"{RESULT_OF}{task_ids}" if key in keys else None
