"""What a checked flow is told in its conf: every key, and none, which templates may not bear either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migration.graph import Task


class Conf(dict[str, Any]):
    """Has a text for each key that is asked for."""

    def __missing__(self, key: str) -> str:
        return f"the conf's {key}"

    def get(self, key: str, default: Any = None) -> Any:
        """Give the text, whatever the default."""
        return self[key]


TOLD = Conf({"a key": "a value"})


def conf_differences(task: Task, call: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    """Compare what a function is handed of the run's conf, and whether it is handed all that it needs."""
    given = {**(task.get("call_arguments") or {}), **(task.get("op_kwargs") or {})}
    handed = call["kwargs"].get("conf", seen["told"])
    if task.get("python_callable") and "conf" not in given and handed != seen["told"]:
        yield f"{task.task_id} is given {handed} as the run's conf"
    if call["unbound"]:
        yield f"{task.task_id} is called wrongly: {call['unbound']}"


def lack_differences(seen: Mapping[str, Any]) -> Iterator[str]:
    """Compare without which keys of its conf a flow fails, and without which a recorded template would."""
    untold = seen.get("untold") or {"lacks": False, "needless": []}
    if untold["lacks"]:
        yield "the flow goes on without a key of its conf that a template needs"
    for key in untold["needless"]:
        yield f"the flow fails without the key {key} of its conf, which no template needs"
