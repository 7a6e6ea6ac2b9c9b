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


def ways_of(function: Any) -> list[str] | None:
    """Give the ids that a branch is limited to by a `chooses` around it."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_name != "choose" or "ids" not in code.co_freevars:
        return None
    return [str(one) for one in function.__closure__[code.co_freevars.index("ids")].cell_contents]
