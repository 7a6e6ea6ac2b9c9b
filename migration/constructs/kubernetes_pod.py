"""KubernetesPodOperator: a pod, by Kubernetes' own client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migration.arguments import pods
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

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
    "container_security_context": "securityContext", "ports": "ports", "base_container_name": "name",
    "termination_message_policy": "terminationMessagePolicy",
}  # fmt: skip
IN_SPEC = {
    "service_account_name": "serviceAccountName", "node_selector": "nodeSelector",
    "node_selectors": "nodeSelector", "affinity": "affinity", "tolerations": "tolerations",
    "hostnetwork": "hostNetwork", "image_pull_secrets": "imagePullSecrets", "dnspolicy": "dnsPolicy",
    "security_context": "securityContext", "priority_class_name": "priorityClassName",
    "init_containers": "initContainers", "schedulername": "schedulerName", "dns_config": "dnsConfig",
    "hostname": "hostname", "subdomain": "subdomain", "host_aliases": "hostAliases",
    "active_deadline_seconds": "activeDeadlineSeconds",
    "termination_grace_period": "terminationGracePeriodSeconds",
    "automount_service_account_token": "automountServiceAccountToken",
}  # fmt: skip
READ = ("env_vars", "env_from", "configmaps", "secrets", "pod_runtime_info_envs", "volumes", "volume_mounts",
        "container_resources", "resources")  # fmt: skip
"""Arguments in Airflow's own words."""
PASSED = {"namespace": "namespace", "labels": "labels", "annotations": "annotations",
          "cluster_context": "context", "config_file": "config_file"}  # fmt: skip
WITHOUT_EFFECT: dict[str, tuple[Any, ...]] = {
    "log_events_on_failure": (False, True, None), "do_xcom_push": (False, None),
    "get_logs": (True, None), "is_delete_operator_pod": (True, False, None),
    "in_cluster": (True, False, None),
    "on_finish_action": ("delete_pod", "keep_pod", None), "random_name_suffix": (True, None),
    "xcom_push": (False, None), "log_pod_spec_on_failure": (True, False, None),
    "kubernetes_conn_id": (None, "kubernetes_default"), "reattach_on_restart": (True, False, None),
}  # fmt: skip
PACES = ("startup_timeout_seconds", "startup_check_interval_seconds", "schedule_timeout_seconds",
         "poll_interval", "logging_interval")  # fmt: skip


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
    container, in_pod = _container(task)
    given: dict[str, Any] = {"container": container, **(more or {}), **in_pod}
    given.update({key: task.get(name) for name, key in PASSED.items() if task.get(name)})
    for name, key in IN_SPEC.items():
        if task.get(name) is not None and task.get(name) not in ([], {}, ""):
            given[key] = task.get(name)
    if isinstance(given.get("imagePullSecrets"), str):
        given["imagePullSecrets"] = [{"name": one} for one in given["imagePullSecrets"].split(",")]
    if task.get("is_delete_operator_pod") is False or task.get("on_finish_action") == "keep_pod":
        given["keep"] = True
    if task.get("in_cluster") is False or task.get("config_file"):
        given["in_cluster"] = False
    tracked = False
    for key, value in list(given.items()):
        given[key], is_template = site.templated(value, task)
        tracked = tracked or is_template
    names = (*IN_CONTAINER, *IN_SPEC, *PASSED, *WITHOUT_EFFECT, *READ, "name")
    claims = {name: Claim() for name in names if task.has(name)}
    claims["image"] = equivalent("a pod by Kubernetes' own client; logs come at its end", "kubernetes")
    paces = equivalent("the task's own time-out holds; it is looked after every two seconds", "kubernetes")
    claims.update({name: paces for name in PACES if task.has(name)})
    if task.get("reattach_on_restart"):
        claims["reattach_on_restart"] = equivalent("a further try makes a pod of its own", "kubernetes")
    name = str(task.get("name") or task.task_id).lower().replace("_", "-").replace(".", "-")
    return Written(work, (name,), given, claims=claims, tracked=tracked)


def _container(task: Task) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the container, and what it needs of its pod.

    Raises RefusedError.
    """
    container = {key: task.get(name) for name, key in IN_CONTAINER.items() if task.get(name)}
    added = pods.secrets(task.get("secrets"))
    maps = [{"configMapRef": {"name": one}} for one in pods.listed(task.get("configmaps"), "configmaps")]
    lists = {
        "env": [
            *pods.environment(task.get("env_vars")),
            *pods.from_fields(task.get("pod_runtime_info_envs")),
        ],
        "envFrom": [*pods.listed(task.get("env_from"), "env_from"), *maps],
        "volumeMounts": pods.mounts(task.get("volume_mounts")),
        "volumes": pods.volumes(task.get("volumes")),
    }
    lists = {name: [*one, *added[name]] for name, one in lists.items()}
    in_pod = {"volumes": lists.pop("volumes")}
    container.update({name: one for name, one in lists.items() if one})
    amount = pods.resources(task.get("container_resources") or task.get("resources"))
    if amount:
        container["resources"] = amount
    return container, {name: one for name, one in in_pod.items() if one}
