"""Dynamic task mapping: `partial`, `expand`, `expand_kwargs`."""

from __future__ import annotations

from typing import Any

from migration.standin.ledger import current, here
from migration.standin.operators import BaseOperator, Task, _defaults_for


class Partial:
    """An operator with some of its arguments; needs `expand`."""

    def __init__(self, operator: Any, kwargs: dict[str, Any], function: Any = None) -> None:
        self.operator = operator
        self.kwargs = kwargs
        self.function = function

    def expand(self, **mapped: Any) -> Any:
        """Make one task for each combination of the values."""
        return self._made("expand", mapped)

    def expand_kwargs(self, mapped: Any, *, strict: bool = True) -> Any:
        """Make one task for each dictionary of arguments."""
        return self._made("expand_kwargs", {"kwargs": mapped})

    def _made(self, kind: str, mapped: dict[str, Any]) -> Any:
        task = MappedTask(self.operator, self.kwargs, kind, mapped, self.function)
        return task.output if self.function is not None else task


class MappedTask(Task):
    """A task that is made several times at run time."""

    def __init__(
        self, operator: Any, kwargs: dict[str, Any], kind: str, mapped: dict[str, Any], function: Any
    ) -> None:
        ledger = current()
        spot = here()
        defaults = _defaults_for(kwargs)
        arguments = dict(kwargs)
        task_id = arguments.pop("task_id")
        dag = arguments.pop("dag", None) or (ledger.open_dags[-1] if ledger.open_dags else None)
        group = arguments.pop("task_group", None) or (
            ledger.open_groups[-1] if ledger.open_groups else getattr(dag, "root_group", None)
        )
        state = self.__dict__
        state.update(
            operator_class=operator, mapping=(kind, mapped), function=function, late={}, call=arguments
        )
        state["from_defaults"] = {name for name in defaults if name not in arguments}
        state["base"] = {**{n: v for n, v in defaults.items() if n not in arguments}, **arguments}
        state["dag"] = None
        self._enter_graph(str(task_id), dag, group, spot)
        self.link_data([arguments, mapped], spot)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value
        self.__dict__["late"][name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.__dict__["base"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __hash__(self) -> int:
        return id(self)


def _partial(cls: Any, /, **kwargs: Any) -> Partial:
    """Begin a mapped task."""
    return Partial(cls, kwargs)


setattr(BaseOperator, "partial", classmethod(_partial))  # noqa: B010 - the two modules need each other
