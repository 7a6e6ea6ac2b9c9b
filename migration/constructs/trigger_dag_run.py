"""TriggerDagRunOperator: start another flow's deployment."""

from __future__ import annotations

from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, Code, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(deployment: str, conf: Any = None, wait_seconds: float | None = 0) -> str:
    """Start a deployment with what its flow takes of conf; wait for its end if asked to. Give its id."""
    with get_client(sync_client=True) as client:
        schema = client.read_deployment_by_name(deployment).parameter_openapi_schema or {}
    given = {**(conf or {}), "conf": conf} if conf else {}
    parameters = {name: given[name] for name in schema.get("properties", {}) if name in given}
    started: Any = run_deployment(deployment, parameters=parameters, timeout=wait_seconds)
    if wait_seconds != 0 and not (started.state and started.state.is_completed()):
        raise RuntimeError(f"{deployment} ended as {started.state}")
    return str(started.id)
'''
PASSED = ("conf", "wait_for_completion", "poke_interval", "allowed_states", "failed_states", "deferrable",
          "reset_dag_run", "trigger_dag_id", "skip_when_already_exists", "note")  # fmt: skip


@construct("TriggerDagRunOperator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    target = task.get("trigger_dag_id")
    if not isinstance(target, str) or "{{" in target or "\u27e6" in target or task.mapping is not None:
        raise RefusedError("a DAG that is only known at run time", "trigger_dag_id")
    if task.get("execution_date") or task.get("logical_date") or task.get("trigger_run_id"):
        raise RefusedError("a given date or run id; pass it in conf", "logical_date")
    if task.has("allowed_states") and task.get("allowed_states") not in (
        ["success"],
        {"$tuple": ["success"]},
    ):
        raise RefusedError("other allowed states than success", "allowed_states")
    conf, is_template = site.templated(task.get("conf"), task)
    work = Work("trigger", "start_flow", CODE, runtime=(),
                imports=("from typing import Any",
                         "from prefect.client.orchestration import get_client",
                         "from prefect.deployments import run_deployment"))  # fmt: skip
    kwargs = {"conf": conf} if task.get("conf") else {}
    if task.get("wait_for_completion"):
        kwargs["wait_seconds"] = Code("None")
    claims = {name: Claim() for name in PASSED if task.has(name)}
    claims["trigger_dag_id"] = equivalent(
        "starts the deployment of that name; conf is its parameter", "trigger"
    )
    return Written(work, (f"{target}/{target}",), kwargs, claims=claims, tracked=is_template)
