"""Whether another flow's run has succeeded, for sensors: the short form that stands in the file."""

from __future__ import annotations

from migration.writing.helper import Helper

NAME = "other_flow_succeeded"
CODE = '''def other_flow_succeeded(flow: str, moment: datetime, tasks: list[str]) -> bool:
    """Say whether a flow's run that was scheduled for a moment, or tasks of it, have succeeded."""
    span = {"after_": moment - timedelta(seconds=1), "before_": moment + timedelta(seconds=1)}
    at_moment = FlowRunFilter.model_validate({"expected_start_time": span})
    of_flow = FlowFilter.model_validate({"name": {"any_": [flow]}})
    order = FlowRunSort.EXPECTED_START_TIME_DESC
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_filter=of_flow, flow_run_filter=at_moment, sort=order, limit=1)
        if not runs or not tasks:
            return bool(runs) and runs[0].state_type == "COMPLETED"
        of_run = FlowRunFilter.model_validate({"id": {"any_": [runs[0].id]}})
        for task_name in tasks:
            like = TaskRunFilter.model_validate({"name": {"like_": f"{task_name}-"}})
            found = client.read_task_runs(flow_run_filter=of_run, task_run_filter=like)
            own = [one for one in found if one.name.rpartition("-")[0] == task_name]
            last_try = max((one.flow_run_run_count for one in own), default=0)
            last = [one for one in own if one.flow_run_run_count == last_try]
            ended = [one.state_type == "COMPLETED" and one.state_name != "Skipped" for one in last]
            if not ended or not all(ended):
                return False
    return True
'''
OTHER_FLOW = Helper(
    CODE,
    (
        "from datetime import datetime, timedelta",
        "from prefect.client.orchestration import get_client",
        "from prefect.client.schemas.filters import FlowFilter, FlowRunFilter, TaskRunFilter",
        "from prefect.client.schemas.sorting import FlowRunSort",
    ),
)
