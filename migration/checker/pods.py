"""What a pod or a container is made of must reach the call that makes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migration.graph import Task

LOOKED_AT = ("image", "cmds", "arguments", "env_vars", "secrets", "configmaps", "volumes", "volume_mounts",
             "service_account_name", "command", "environment", "namespace")  # fmt: skip
OPERATORS = ("KubernetesPodOperator", "GKEStartPodOperator", "GKEPodOperator", "DockerOperator")
NOT_SHOWN = ("env", "volume")
"""How a Secret is given decides where it stands; the word itself stands nowhere."""


def lost_parts(task: Task, call: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    """Give each text of the pod's description that the call does not have."""
    if task.operator not in OPERATORS or task.mapping is not None:
        return
    reached = set(_texts([call["args"], call["kwargs"]]))
    wanted = [one for name in LOOKED_AT for one in _texts(task.get(name))]
    for one in wanted:
        known = {one, one.upper(), str(seen["filled"].get(one, one))}
        if "\u27e6" not in one and "{{" not in str(seen["filled"].get(one, one)) and not known & reached:
            yield f"{task.task_id} is not given {one[:80]}"


def _texts(value: Any) -> Iterator[str]:
    """Give the texts inside a value, and the keys of plain dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        kind = next((key for key in value if key.startswith("$")), "")
        if kind == "$made":
            yield from (
                one for one in _texts([value["args"], value["kwargs"].values()]) if one not in NOT_SHOWN
            )
        elif kind in ("", "$tuple"):
            yield from (key for key in value if not kind)
            yield from _texts(list(value.values()))
    elif not isinstance(value, bool | int | float | None):
        for one in value:
            yield from _texts(one)
