"""Looks at other flow runs: what Airflow's `depends_on_past` and ExternalTaskSensor look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterName,
)
from prefect.client.schemas.sorting import FlowRunSort
from prefect.runtime import flow_run
from replant_settings import rest  # type: ignore[import-not-found]

SECONDS_BETWEEN = 10.0
GOOD, BAD = "success", "failed"


def wait_for_own_past(
    task_name: str, also: bool | Sequence[str] = True, every: float = SECONDS_BETWEEN
) -> None:
    """Wait until this task has succeeded, or was skipped, in the flow's run before this one, if there is one.

    `also`: the names of other tasks of that run that must have, too: Airflow's `wait_for_downstream`.

    As with Airflow's `depends_on_past`, a failure there holds this task up until that run has been put right.
    """
    moment = flow_run.get_scheduled_start_time()
    while True:
        before = _runs(str(flow_run.get_flow_name()), before=moment - timedelta(microseconds=1))
        names = (task_name, *(also if not isinstance(also, bool) else ()))
        if not before or all(_state(before[0], name) == GOOD for name in names):
            return
        rest(every)


def other_flow_state(
    flow: str, moment: datetime, task_names: Sequence[str] = (), group: str = ""
) -> str | None:
    """Give success or failed for the run of another flow that was scheduled for this moment, or its tasks.

    None while there is no such run, or it has not ended; as in Airflow a skipped task is no success, and is
    waited for. Of a group, when the run has ended.
    """
    runs = _runs(flow, before=moment + timedelta(seconds=1), after=moment - timedelta(seconds=1))
    if not runs:
        return None
    if group and _of(runs[0].state) is None:
        return None
    wanted = _names_in(runs[0], group) if group else task_names
    states = [_state(runs[0], name, skipped=None) for name in wanted] or [_of(runs[0].state)]
    if BAD in states:
        return BAD
    return GOOD if all(state == GOOD for state in states) else None


def require_other_flow(
    flow: str, moment: datetime, task_names: Sequence[str], fails: bool, group: str = ""
) -> bool:
    """Say whether the other flow, or its tasks, have succeeded; raises RuntimeError on failure if `fails`."""
    state = other_flow_state(flow, moment, task_names, group)
    if state == BAD and fails:
        raise RuntimeError(f"{flow} failed in the run that was scheduled for {moment.isoformat()}")
    return state == GOOD


def other_flow_succeeded(flow: str, moment: datetime, tasks: Sequence[str] = ()) -> bool:
    """Say whether the other flow, or its tasks, have succeeded."""
    return other_flow_state(flow, moment, tasks) == GOOD


def _runs(flow: str, before: datetime, after: datetime | None = None) -> list[Any]:
    """Give a flow's runs of a span of scheduled times, the latest first."""
    span = FlowRunFilterExpectedStartTime.model_validate({"before_": before, "after_": after})
    with get_client(sync_client=True) as client:
        return list(
            client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
                flow_run_filter=FlowRunFilter(expected_start_time=span),
                sort=FlowRunSort.EXPECTED_START_TIME_DESC,
                limit=1,
            )
        )


def _state(run: Any, task_name: str, skipped: str | None = GOOD) -> str | None:
    chosen = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(str(run.id))]))
    named = TaskRunFilter(name=TaskRunFilterName(like_=f"{task_name}-"))
    with get_client(sync_client=True) as client:
        found = client.read_task_runs(flow_run_filter=chosen, task_run_filter=named)
    own = [one for one in found if _named(one.name) == task_name]
    # a flow run that is tried again keeps the task runs of its first try
    last = max((one.flow_run_run_count for one in own), default=0)
    states = [_of(one.state, skipped) for one in own if one.flow_run_run_count == last]
    if not states:
        return None
    return BAD if BAD in states else GOOD if all(state == GOOD for state in states) else None


def _names_in(run: Any, group: str) -> list[str]:
    """Give the names of a group's task runs.

    Raises RuntimeError if there are none.
    """
    chosen = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(str(run.id))]))
    with get_client(sync_client=True) as client:
        names = {_named(one.name) for one in client.read_task_runs(flow_run_filter=chosen)}
    found = sorted(name for name in names if name.startswith(f"{group}."))
    if not found:
        raise RuntimeError(f"the run has no tasks in the group {group}")
    return found


def _named(name: str) -> str:
    return name.rpartition("-")[0]


def _of(state: Any, skipped: str | None = GOOD) -> str | None:
    if state is None or not state.is_final():
        return None
    if state.name == "Skipped":
        return skipped
    return GOOD if state.is_completed() else BAD
