"""What Airflow's pod operators are given, in the words of Kubernetes' own client."""

from __future__ import annotations

from typing import Any

from migration.writing.plan import RefusedError

LIMITS = ("request_memory", "request_cpu", "request_ephemeral_storage", "limit_memory", "limit_cpu",
          "limit_ephemeral_storage", "limit_gpu")  # fmt: skip


def arguments_of(made: Any, *names: str) -> dict[str, Any]:
    """Give what an object of Airflow's was made with, by its parameters' names."""
    return {**dict(zip(names, made["args"], strict=False)), **made["kwargs"]}


def is_made(value: Any, *kinds: str) -> bool:
    """Say whether a value is an object of one of these classes of Airflow's."""
    return isinstance(value, dict) and value.get("$made") in kinds


def listed(value: Any, name: str) -> list[Any]:
    """Give a list or a tuple as a list.

    Raises RefusedError.
    """
    if isinstance(value, dict) and "$tuple" in value:
        value = value["$tuple"]
    if value is None or isinstance(value, list):
        return value or []
    raise RefusedError(f"{name} that are only known at run time", name)


def environment(value: Any) -> list[Any]:
    """Give a container's environment.

    Raises RefusedError.
    """
    if isinstance(value, dict) and not any(key.startswith("$") for key in value):
        return [{"name": name, "value": one} for name, one in value.items()]
    return listed(value, "env_vars")


def from_fields(value: Any) -> list[Any]:
    """Give the environment that comes out of the pod's own description."""
    found = []
    for one in listed(value, "pod_runtime_info_envs"):
        given = arguments_of(one, "name", "field_path") if is_made(one, "PodRuntimeInfoEnv") else None
        if given is None:
            found.append(one)
        else:
            source = {"fieldRef": {"fieldPath": given.get("field_path")}}
            found.append({"name": given.get("name"), "valueFrom": source})
    return found


def volumes(value: Any) -> list[Any]:
    """Give a pod's volumes, those of Airflow 1.10's own class too."""
    return [
        {"name": given.get("name"), **(given.get("configs") or {})}
        if (given := arguments_of(one, "name", "configs") if is_made(one, "Volume") else None) is not None
        else one
        for one in listed(value, "volumes")
    ]


def mounts(value: Any) -> list[Any]:
    """Give a container's mounts, those of Airflow 1.10's own class too."""
    found = []
    for one in listed(value, "volume_mounts"):
        if is_made(one, "VolumeMount"):
            given = arguments_of(one, "name", "mount_path", "sub_path", "read_only")
            made = {"name": given.get("name"), "mountPath": given.get("mount_path")}
            made |= {"subPath": given["sub_path"]} if given.get("sub_path") else {}
            one = made | ({"readOnly": True} if given.get("read_only") else {})
        found.append(one)
    return found


def resources(value: Any) -> Any:
    """Give a container's resources: Airflow 1.10's own words, or what Kubernetes takes as it is."""
    if is_made(value, "Resources"):
        value = arguments_of(value, *LIMITS)
    if not isinstance(value, dict) or not value or set(value) - set(LIMITS):
        return value
    found: dict[str, dict[str, Any]] = {}
    for name, amount in value.items():
        kind, _, what = name.partition("_")
        if amount is not None:
            what = "nvidia.com/gpu" if what == "gpu" else what.replace("_", "-")
            found.setdefault(f"{kind}s", {})[what] = amount
    return found


def secrets(value: Any) -> dict[str, list[Any]]:
    """Give what Airflow's Secrets add to a container and its pod: env, envFrom, volumeMounts, volumes.

    Raises RefusedError.
    """
    found: dict[str, list[Any]] = {"env": [], "envFrom": [], "volumeMounts": [], "volumes": []}
    for number, one in enumerate(listed(value, "secrets")):
        if not is_made(one, "Secret"):
            raise RefusedError("secrets that are only known at run time", "secrets")
        given = arguments_of(one, "deploy_type", "deploy_target", "secret", "key", "items")
        target, secret = given.get("deploy_target"), given.get("secret")
        if given.get("deploy_type") == "volume":
            source = {"secretName": secret, **({"items": given["items"]} if given.get("items") else {})}
            found["volumes"].append({"name": f"secret-{number}", "secret": source})
            mount = {"mountPath": target, "name": f"secret-{number}", "readOnly": True}
            found["volumeMounts"].append(mount)
        elif target is None:
            found["envFrom"].append({"secretRef": {"name": secret}})
        else:
            reference = {"secretKeyRef": {"name": secret, "key": given.get("key")}}
            found["env"].append({"name": str(target).upper(), "valueFrom": reference})
    return found
