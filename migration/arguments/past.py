"""What a task waits for in the run before."""

from __future__ import annotations

from migration.graph import Dag, Task
from migration.writing.helper import Helper

OWN_PAST = '''def depends_on_past(work: Callable[..., Any]) -> Callable[..., Any]:
    """Make a task wait until it has succeeded in the flow's run before this one, if there is one."""

    @functools.wraps(work)
    def waiting(*args: Any, **kwargs: Any) -> Any:
        wait_until(lambda: succeeded_before(task_run.task_name), every=10, at_most=math.inf)
        return work(*args, **kwargs)

    return waiting


def succeeded_before(task_name: str) -> bool:
    """Say whether a task has succeeded in the flow's last run before this one, or there is none."""
    moment = flow_run.scheduled_start_time - timedelta(microseconds=1)
    flow = FlowFilter.model_validate({"name": {"any_": [flow_run.flow_name]}})
    earlier = FlowRunFilter.model_validate({"expected_start_time": {"before_": moment}})
    named = TaskRunFilter.model_validate({"name": {"like_": f"{task_name}-"}})
    order = FlowRunSort.EXPECTED_START_TIME_DESC
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_filter=flow, flow_run_filter=earlier, sort=order, limit=1)
        if not runs:
            return True
        last = FlowRunFilter.model_validate({"id": {"any_": [runs[0].id]}})
        found = client.read_task_runs(flow_run_filter=last, task_run_filter=named)
    tries = [one for one in found if one.name.rpartition("-")[0] == task_name]
    return bool(tries) and max(tries, key=lambda one: one.flow_run_run_count).state_type == "COMPLETED"
'''
PAST = Helper(
    OWN_PAST,
    (
        "import functools",
        "import math",
        "from collections.abc import Callable",
        "from datetime import timedelta",
        "from typing import Any",
        "from prefect.client.orchestration import get_client",
        "from prefect.client.schemas.filters import FlowFilter, FlowRunFilter, TaskRunFilter",
        "from prefect.client.schemas.sorting import FlowRunSort",
        "from prefect.runtime import flow_run, task_run",
    ),
)
"""A decorator under `@task`, for tasks that run once in a run. Of a run tried again the last try counts."""


def past_of(task: Task, dag: Dag) -> bool | list[str]:
    """Say whether a task waits for itself, or give the tasks right behind it that it waits for, too."""
    if task.get("wait_for_downstream"):  # with which Airflow sets depends_on_past
        return dag.after(task.task_id) or True
    return bool(task.get("depends_on_past"))
