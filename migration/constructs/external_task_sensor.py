"""ExternalTaskSensor: wait for another flow's run that was scheduled for the same moment."""

from __future__ import annotations

from typing import Any

from migration.arguments import waiting
from migration.arguments.other_flows import NAME
from migration.constructs import construct
from migration.graph import Task
from migration.writing.literals import number
from migration.writing.plan import Code, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

SIMPLE = '''def @NAME@(flow: str, tasks: list[str], delta: float = 0.0) -> None:
    """Wait until another flow's run of the same moment, less some seconds, or tasks of it, have succeeded."""
    moment = flow_run.scheduled_start_time - timedelta(seconds=delta)
    wait_until(lambda: other_flow_succeeded(flow, moment, tasks), {pace})
'''
CODE = '''def @NAME@(
    flow: str, tasks: list[str], delta: float = 0.0, fails: bool = False, group: str = ""
) -> None:
    """Wait until another flow's run of the same moment, less some seconds, or tasks of it, have succeeded."""
    moment = flow_run.get_scheduled_start_time() - timedelta(seconds=delta)
    wait_until(lambda: require_other_flow(flow, moment, tasks, fails, group), {pace})
'''
KNOWN = ("external_dag_id", "external_task_id", "external_task_ids", "execution_delta", "allowed_states",
         "failed_states", "check_existence", "external_task_group_id")  # fmt: skip
NOTE = "matches the scheduled time of the other flow's run, which is what equal logical dates come to"


@construct("ExternalTaskSensor", "ExternalTaskSensorAsync")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    for name in ("execution_date_fn", "skipped_states"):
        if task.get(name):
            raise RefusedError(f"the argument {name}", name)
    if task.mapping is not None or not isinstance(task.get("external_dag_id"), str):
        raise RefusedError("a DAG that is only known at run time", "external_dag_id")
    if _list(task.get("allowed_states")) not in ([], ["success"]):
        raise RefusedError("other allowed states than success", "allowed_states")
    names = _list(task.get("external_task_ids")) or _list(task.get("external_task_id"))
    group = task.get("external_task_group_id")
    if group is not None and (names or not isinstance(group, str)):
        raise RefusedError("a group that is only known at run time", "external_task_group_id")
    kwargs: dict[str, Any] = {"group": group} if group else {}
    delta = task.get("execution_delta")
    if isinstance(delta, dict) and "$timedelta" in delta:
        kwargs["delta"] = Code(number(delta["$timedelta"]))
    if "failed" in _list(task.get("failed_states")):
        kwargs["fails"] = True
    pace = waiting.pace(task)
    work = _work(pace, is_simple=not kwargs.keys() & {"group", "fails"})
    claims = waiting.claims_of(task, *KNOWN)
    claims["external_dag_id"] = equivalent(NOTE, "other-flows")
    if group:
        claims["external_task_group_id"] = equivalent("when the other run has ended", "other-flows")
    soft = bool(task.get("soft_fail"))
    return Written(work, (task.get("external_dag_id"), names), kwargs, claims=claims, tracked=soft)


def _work(pace: str, is_simple: bool) -> Work:
    """Give the task: a group or a failure that ends the wait takes the runtime."""
    imports = ("from datetime import timedelta", "from prefect.runtime import flow_run")
    if is_simple:
        code, runtime = SIMPLE.format(pace=pace), ("wait_until", NAME)
        return Work(f"other flow:{pace}", "wait_for_flow", code, imports=imports, runtime=runtime)
    more = (*imports, "from replant_past import require_other_flow")
    code = CODE.format(pace=pace)
    return Work(f"other flow's end:{pace}", "wait_for_flow", code, imports=more, runtime=("wait_until",))


def _list(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("$tuple", value.get("$set", []))
    return value if isinstance(value, list) else [] if value is None else [value]
