"""`executor_config`: what only sizes and places a pod is the work pool's to say; the rest is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from migration.writing.plan import Claim, RefusedError, equivalent

PLACED = equivalent("set the size and place of the run's pod as job variables of the work pool", "executor")
OF_A_POD = frozenset({"resources", "affinity", "tolerations", "node_selector", "priority_class_name"})
SMALL = OF_A_POD | {
    "request_cpu", "request_memory", "limit_cpu", "limit_memory", "request_ephemeral_storage",
    "limit_ephemeral_storage", "labels", "annotations", "node_selectors",
}  # fmt: skip
IGNORED = frozenset({"CeleryExecutor", "LocalExecutor"})
"""Executors that read nothing of it."""


def claim_of(value: Any) -> Claim:
    """Give what became of an executor_config.

    Raises RefusedError where the task may need what its pod brings along.
    """
    needed = sorted(set(_needed(value)))
    if needed:
        reason = f"the task may need what its pod brings ({', '.join(needed)}); give that to the work pool"
        raise RefusedError(reason, "executor_config")
    return PLACED


def _needed(value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or any(key.startswith("$") for key in value):
        yield "only known at run time"
        return
    for executor, given in value.items():
        if executor == "pod_override":
            yield from _of_pod(given)
        elif executor == "KubernetesExecutor" and isinstance(given, dict):
            yield from (key for key in given if key not in SMALL)
        elif executor not in IGNORED:
            yield executor


def _of_pod(pod: Any) -> Iterator[str]:
    """Read the expression that the recorder keeps of Kubernetes' models."""
    text = str(pod.get("$symbol", "")) if isinstance(pod, dict) else ""
    try:
        made = ast.parse(text.replace("\u27e6", "").replace("\u27e7", ""), mode="eval").body
    except SyntaxError:
        yield "only known at run time"
        return
    for name, part in _parts(made, "V1Pod").items():
        if name == "spec":
            yield from _of_spec(part)
        elif name not in ("metadata", "api_version", "kind"):
            yield name


def _of_spec(spec: ast.expr) -> Iterator[str]:
    for name, given in _parts(spec, "V1PodSpec").items():
        if name == "containers" and isinstance(given, ast.List) and len(given.elts) == 1:
            container = _parts(given.elts[0], "V1Container")
            yield from (one for one in container if one not in OF_A_POD | {"name"})
        elif name not in OF_A_POD:
            yield name


def _parts(made: ast.expr, kind: str) -> dict[str, ast.expr]:
    """Give the keyword arguments of one of Kubernetes' models."""
    if isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr == kind:
        named = {one.arg: one.value for one in made.keywords if one.arg}
        if not made.args and len(named) == len(made.keywords):
            return named
    return {f"something else than a {kind}": made}
