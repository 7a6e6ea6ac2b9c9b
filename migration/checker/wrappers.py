"""Stand-ins for what the runtime puts around an author's function, and what can be seen of it."""

from __future__ import annotations

import functools
import inspect
from typing import Any


def with_context(function: Any) -> Any:
    """Give a function, as Prefect asks for, whatever the author gave."""
    return function if inspect.isfunction(function) else lambda *args, **kwargs: function(*args, **kwargs)


def chooses(*ids: str) -> Any:
    """Note what a branch may name where `ways_of` finds it in the written function, too."""

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def choose(*_: Any, **__: Any) -> Any:
            return ids

        return choose

    return decorate


def past_of(function: Any) -> bool:
    """Say whether a task waits for itself in the run before, by a `depends_on_past` around it in the file."""
    while function is not None:
        code = getattr(function, "__code__", None)
        if code is not None and code.co_name == "waiting" and "wait_until" in code.co_names:
            asked = {name for one in code.co_consts for name in getattr(one, "co_names", ())}
            return {"succeeded_before", "task_name"} <= asked
        function = getattr(function, "__wrapped__", None)
    return False


def ways_of(function: Any) -> list[str] | None:
    """Give the ids that a branch is limited to by a `chooses` around it."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_name != "choose" or "ids" not in code.co_freevars:
        return None
    return [str(one) for one in function.__closure__[code.co_freevars.index("ids")].cell_contents]
