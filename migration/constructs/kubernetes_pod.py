"""KubernetesPodOperator: a pod, by Kubernetes' own client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migration.constructs import construct
from migration.graph import Task
from migration.plan import Claim, RefusedError, Work, Written, equivalent
from migration.site import Site

CODE = '''def @NAME@(
    name: str,
    container: dict[str, Any],
    namespace: str = "default",
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    keep: bool = False,
@CHOICE@    **spec: Any,
) -> None:
    """Run a pod with one container and wait for its end; what it prints is in the log."""
@CLIENT@    metadata = {"generateName": f"{name}-", "labels": labels or {}, "annotations": annotations or {}}
    pod = {
        "metadata": metadata,
        "spec": {"restartPolicy": "Never", "containers": [{"name": "base", **container}], **spec},
    }
    made = core.create_namespaced_pod(namespace, pod).metadata.name
    phase = "Pending"
    try:
        while phase not in ("Succeeded", "Failed"):
            time.sleep(2)
            phase = core.read_namespaced_pod(made, namespace).status.phase
        print(core.read_namespaced_pod_log(made, namespace))
    finally:
        if not keep:
            core.delete_namespaced_pod(made, namespace)
    if phase == "Failed":
        raise RuntimeError(f"the pod {made} failed")
'''
CHOICE = """    context: str | None = None,
    config_file: str | None = None,
    in_cluster: bool = True,
"""
CLIENT = """    if in_cluster:
        kubernetes.config.load_incluster_config()
    else:
        kubernetes.config.load_kube_config(config_file, context)
    core = kubernetes.client.CoreV1Api()
"""
IMPORTS = ("import kubernetes.client", "import time", "from typing import Any")
IN_CONTAINER = {
    "image": "image", "cmds": "command", "arguments": "args", "image_pull_policy": "imagePullPolicy",
    "volume_mounts": "volumeMounts", "container_resources": "resources", "env_from": "envFrom",
}  # fmt: skip
IN_SPEC = {
    "volumes": "volumes", "service_account_name": "serviceAccountName", "node_selector": "nodeSelector",
    "affinity": "affinity", "tolerations": "tolerations", "hostnetwork": "hostNetwork",
    "image_pull_secrets": "imagePullSecrets", "security_context": "securityContext",
    "priority_class_name": "priorityClassName",
}  # fmt: skip
PASSED = {"namespace": "namespace", "labels": "labels", "annotations": "annotations",
          "cluster_context": "context", "config_file": "config_file"}  # fmt: skip
WITHOUT_EFFECT: dict[str, tuple[Any, ...]] = {
    "get_logs": (True, None), "log_events_on_failure": (False, True, None), "do_xcom_push": (False, None),
    "is_delete_operator_pod": (True, False, None), "in_cluster": (True, False, None),
    "on_finish_action": ("delete_pod", "keep_pod", None), "random_name_suffix": (True, None),
}  # fmt: skip


@construct("KubernetesPodOperator", runs_here=False)
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    code = CODE.replace("@CHOICE@", CHOICE).replace("@CLIENT@", CLIENT)
    imports = (*IMPORTS, "import kubernetes.config")
    return written(task, site, Work("kubernetes pod", "run_pod", code, imports=imports))


def written(task: Task, site: Site, work: Work, more: Mapping[str, Any] | None = None) -> Written:
    """Write a task that runs a pod; `more`: arguments of the work's own.

    Raises RefusedError.
    """
    if task.mapping is not None:
        raise RefusedError("a mapped pod", "expand")
    for name, allowed in WITHOUT_EFFECT.items():
        if task.has(name) and task.get(name) not in allowed:
            raise RefusedError(f"the argument {name}", name)
    container = {key: task.get(name) for name, key in IN_CONTAINER.items() if task.get(name)}
    if task.get("env_vars"):
        container["env"] = _variables(task.get("env_vars"))
    given: dict[str, Any] = {"container": container, **(more or {})}
    given.update({key: task.get(name) for name, key in {**PASSED, **IN_SPEC}.items() if task.get(name)})
    if task.get("is_delete_operator_pod") is False or task.get("on_finish_action") == "keep_pod":
        given["keep"] = True
    if task.get("in_cluster") is False or task.get("config_file"):
        given["in_cluster"] = False
    tracked = False
    for key, value in list(given.items()):
        given[key], is_template = site.templated(value, task)
        tracked = tracked or is_template
    names = (*IN_CONTAINER, *IN_SPEC, *PASSED, *WITHOUT_EFFECT, "name", "env_vars")
    claims = {name: Claim() for name in names if task.has(name)}
    claims["image"] = equivalent("a pod by Kubernetes' own client; logs come at its end", "kubernetes")
    if task.has("startup_timeout_seconds"):
        claims["startup_timeout_seconds"] = equivalent("the task's own time-out holds", "kubernetes")
    name = str(task.get("name") or task.task_id).lower().replace("_", "-").replace(".", "-")
    return Written(work, (name,), given, claims=claims, tracked=tracked)


def _variables(value: Any) -> Any:
    """Give a container's environment as Kubernetes wants it."""
    if isinstance(value, dict) and not any(key.startswith("$") for key in value):
        return [{"name": name, "value": one} for name, one in value.items()]
    if isinstance(value, list):
        return value
    raise RefusedError("an environment that is only known at run time", "env_vars")
