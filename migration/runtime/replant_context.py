"""What a task of Airflow's finds around it: context, XCom, templates; and the names that go on working."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from jinja2 import Environment, StrictUndefined
from prefect.logging.loggers import task_run_logger
from prefect.runtime import flow_run, task_run
from replant_assets import AssetStates, InletEvents, collected  # type: ignore[import-not-found]
from replant_book import Book, Node, book_of, emits, running  # type: ignore[import-not-found]
from replant_database import BaseHook, PostgresHook  # type: ignore[import-not-found]
from replant_settings import (  # type: ignore[import-not-found]
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    BaseOperator,
    BaseSensorOperator,
    DownstreamTasksSkipped,
    PokeReturnValue,
    Variable,
    days_ago,
    previous_tick,
    wait_until,
)
from replant_templates import Macros, Settings, rendered  # type: ignore[import-not-found]

__all__ = [
    "AirflowException", "AirflowFailException", "AirflowSkipException", "BaseHook", "BaseOperator",
    "BaseSensorOperator", "Book", "DownstreamTasksSkipped", "Node", "PokeReturnValue", "PostgresHook",
    "Template", "Variable",
    "airflow_hook", "airflow_retry", "begin", "days_ago", "emits", "get_current_context", "is_latest",
    "running", "tell", "template", "wait_until",
    "with_context",
]  # fmt: skip


def begin(
    *,
    dag_id: str,
    logical_date: str | datetime | None = None,
    every: str | timedelta | None = None,
    timezone: str = "UTC",
    conf: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    macros: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
) -> datetime:
    """Set what templates and contexts of this run show; give its logical date.

    `every`: the schedule, where Airflow's logical date is the start of the interval that ends when the run
    starts (Airflow 1 and 2); None where it is the moment of the run (no schedule, or Airflow 3).
    """
    started: datetime = flow_run.get_scheduled_start_time() or datetime.now(UTC)
    given = datetime.fromisoformat(logical_date) if isinstance(logical_date, str) else logical_date
    end = given or started
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    start = end if logical_date or every is None else previous_tick(every, end, timezone)
    if logical_date and every is not None:
        end = previous_tick(every, end, timezone, forward=True)
    run_id = f"{'scheduled' if every else 'manual'}__{start.isoformat()}"
    values = {**(params or {}), **{key: (conf or {})[key] for key in conf or {}}}
    running().context.update(
        dag_id=dag_id, start=start, end=end, run_id=run_id, conf=dict(conf or {}), params=values,
        macros=dict(macros or {}), every=every, timezone=timezone, partition_key=partition_key,
    )  # fmt: skip
    return start


def is_latest() -> bool:
    """Say whether no later tick of the schedule has passed; a run without a schedule is the latest."""
    context = running().context
    every, end = context.get("every"), context.get("end")
    if every is None or end is None:
        return True
    latest: bool = datetime.now(UTC) <= previous_tick(every, end, context["timezone"], forward=True)
    return latest


class TaskInstance:
    """What `ti` offers: ids, and XComs of this run."""

    def __init__(self, book: Book, node: Node) -> None:
        self._book, self._node = book, node
        self.task_id, self.map_index = node.name, node.map_index
        self.dag_id, self.run_id = str(book.context.get("dag_id", "")), str(book.context.get("run_id", ""))
        self.try_number = task_run.get_run_count() or 1
        self.log_url = ""

    def xcom_push(self, key: str, value: Any, **_: Any) -> None:
        """Leave a value for later tasks of this run."""
        self._node.pushed[key] = value

    def xcom_pull(
        self, task_ids: Any = None, key: str = "return_value", default: Any = None, **_: Any
    ) -> Any:
        """Give what a task, or each of several, returned or pushed."""
        if isinstance(task_ids, list | tuple | set):
            return [self.xcom_pull(one, key, default) for one in task_ids]
        if task_ids is None:
            holders = [node for node in self._node.ancestors() if node.value(key) is not None]
            return holders[0].value(key) if holders else default
        node = self._book.nodes.get(task_ids)
        found = node.value(key) if node is not None else None
        return default if found is None else found


class Dag:
    """What `dag` offers."""

    def __init__(self, book: Book, dag_id: str) -> None:
        self.dag_id, self.params = dag_id, book.context.get("params", {})
        self._every, self._timezone = book.context.get("every"), str(book.context.get("timezone", "UTC"))

    def following_schedule(self, moment: datetime) -> datetime | None:
        """Give the schedule's next tick, as Airflow 1 and 2 do."""
        return previous_tick(self._every, moment, self._timezone, forward=True) if self._every else None

    def previous_schedule(self, moment: datetime) -> datetime | None:
        """Give the schedule's tick before, as Airflow 1 and 2 do."""
        return previous_tick(self._every, moment, self._timezone) if self._every else None


def get_current_context() -> dict[str, Any]:
    """Give Airflow's context of the task that runs."""
    book = running()
    return _context(book, getattr(book.local, "node", None) or Node(str(book.context.get("dag_id", "")), []))


def _context(book: Book, node: Node) -> dict[str, Any]:
    start, end = book.context.get("start", datetime.now(UTC)), book.context.get("end", datetime.now(UTC))
    ti = TaskInstance(book, node)
    run = type("DagRun", (), {})()
    run.conf, run.run_id, run.logical_date = book.context.get("conf", {}), ti.run_id, start
    run.execution_date, run.dag_id, run.run_type = start, ti.dag_id, ti.run_id.partition("__")[0]
    run.partition_key = book.context.get("partition_key")
    run.start_date = flow_run.get_scheduled_start_time() or end
    run.run_after, run.triggering_user_name = run.start_date, None
    run.external_trigger, run.data_interval_start, run.data_interval_end = True, start, end
    dag = Dag(book, ti.dag_id)
    task = type("Operator", (), {"task_id": node.name, "dag_id": ti.dag_id, "dag": dag})()
    return {
        "ti": ti, "task_instance": ti, "dag_run": run, "run_id": ti.run_id, "dag": dag, "task": task,
        "params": book.context.get("params", {}), "conf": book.context.get("conf", {}), "test_mode": False,
        "logical_date": start, "execution_date": start, "data_interval_start": start,
        "data_interval_end": end,
        "ds": f"{start:%Y-%m-%d}", "ds_nodash": f"{start:%Y%m%d}", "ts": start.isoformat(),
        "ts_nodash": f"{start:%Y%m%dT%H%M%S}", "ts_nodash_with_tz": f"{start:%Y%m%dT%H%M%S%z}",
        "next_ds": f"{end:%Y-%m-%d}", "next_ds_nodash": f"{end:%Y%m%d}", "next_execution_date": end,
        "prev_execution_date": start - (end - start), "prev_ds": f"{start - (end - start):%Y-%m-%d}",
        "yesterday_ds": f"{start - timedelta(days=1):%Y-%m-%d}",
        "tomorrow_ds": f"{start + timedelta(days=1):%Y-%m-%d}",
        "task_instance_key_str": f"{ti.dag_id}__{node.name}__{start:%Y%m%d}", "macros": Macros(),
        "inlet_events": InletEvents(), "outlet_events": node.outlets, "task_state_store": node.kept,
        "asset_state_store": AssetStates(), "partition_key": run.partition_key,
        "var": Settings("variable"), "conn": Settings("connection"), **book.context.get("macros", {}),
    }  # fmt: skip


def airflow_hook(callback: Callable[..., Any]) -> Any:
    """Make a Prefect state hook of an Airflow callback, which takes a context.

    As in Airflow it is not called for a task that was skipped or could not run.
    """

    def hook(owner: Any, run: Any, state: Any) -> None:
        if state.name not in ("Skipped", "UpstreamFailed"):
            tell(callback, owner, run, state)

    hook.__name__ = getattr(callback, "__name__", "callback")
    return hook


def airflow_retry(*callbacks: Callable[..., Any]) -> Callable[[Any, Any, Any], bool]:
    """Make a Prefect `retry_condition_fn` that calls Airflow callbacks before each further try."""

    def condition(owner: Any, run: Any, state: Any) -> bool:
        for callback in callbacks:
            try:
                tell(callback, owner, run, state)
            except Exception:  # noqa: BLE001 - as in Airflow its error does not stop the next try
                task_run_logger(run, owner).exception("A callback on a retry has failed.")
        return True

    return condition


def tell(callback: Callable[..., Any], owner: Any, run: Any, state: Any) -> None:
    """Call an Airflow callback with the context of a task's or a flow's run."""
    book = book_of(getattr(run, "flow_run_id", None) or run.id)
    moment = run.expected_start_time or run.start_time or datetime.now(UTC)
    known = {"start": moment, "end": moment, "run_id": str(getattr(run, "flow_run_id", None) or run.id)}
    known.update(dag_id=flow_run.get_flow_name() or owner.name, params=flow_run.get_parameters() or {})
    book.context = {**known, **book.context}
    node = book.by_run.get(str(run.id)) or Node(owner.name, list(book.nodes.values()))
    context = _context(book, node)
    context["ti"].state = state.name
    callback({**context, "exception": state.message, "reason": state.message})


@dataclass(frozen=True)
class Template:
    """A text, or nested texts, rendered when the task runs."""

    source: Any
    params: Mapping[str, Any] = field(default_factory=dict)

    def rendered(self) -> Any:
        """Render with the context of the task that runs."""
        context = get_current_context()
        context["params"] = {**self.params, **context["params"]}
        engine = Environment(undefined=StrictUndefined)  # noqa: S701 - no HTML
        return rendered(self.source, engine, context)


def template(source: Any, **params: Any) -> Template:
    """Mark an argument as a Jinja template of Airflow's."""
    return Template(source, params)


def with_context(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function the names of Airflow's context that its parameters ask for."""
    parameters = inspect.signature(function).parameters.values()
    takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)
    names = {one.name for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD}
    takes_it = any(one.name == "context" and one.default is inspect.Parameter.empty for one in parameters)

    def run(*args: Any, **kwargs: Any) -> Any:
        context = get_current_context()
        bound = inspect.signature(function).bind_partial(*args, **kwargs).arguments
        wanted = {k: v for k, v in context.items() if (takes_all or k in names) and k not in bound}
        if takes_it and "context" not in bound:
            wanted["context"] = context
        result = function(*args, **{**wanted, **kwargs})
        if inspect.isgeneratorfunction(function):
            return collected(result, context["outlet_events"])
        return asyncio.run(result) if inspect.iscoroutine(result) else result

    run.__name__, run.__doc__, run.__module__ = function.__name__, function.__doc__, function.__module__
    return run
