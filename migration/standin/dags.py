"""DAGs, as a block, as an object and as a decorator; their parameters."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from migration.standin.groups import TaskGroup
from migration.standin.keys import checked
from migration.standin.ledger import current, here
from migration.standin.operators import DuplicateTaskIdFoundError
from migration.standin.wiring import chain

POSITIONAL = ("dag_id", "description", "schedule_interval", "start_date", "end_date")


class DAG:
    """A set of tasks and their order; takes any keyword."""

    late: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__["late"] = {}
        self.__dict__["making"] = True
        self.arguments = {**dict(zip(POSITIONAL, args, strict=False)), **kwargs}
        if "dag_id" not in self.arguments:
            raise TypeError("DAG without dag_id")
        self.dag_id = checked("DAG id", self.arguments["dag_id"])
        self.default_args = dict(self.arguments.get("default_args") or {})
        self.params = {
            **(self.default_args.pop("params", None) or {}),
            **(self.arguments.get("params") or {}),
        }
        self.tasks: list[Any] = []
        self.groups: list[TaskGroup] = []
        self.root_group: TaskGroup | None = None
        self.used_as_block = False
        self.spot = here()
        for name in ("start_date", "schedule_interval", "schedule", "tags", "description", "doc_md"):
            self.__dict__.setdefault(name, self.arguments.get(name))
        current().dags.append(self)
        self.__dict__["making"] = False

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value
        if not self.__dict__["making"] and name not in ("used_as_block", "root_group"):
            self.late[name] = value

    @property
    def task_dict(self) -> dict[str, Any]:
        """The tasks by id."""
        return {task.task_id: task for task in self.tasks}

    @property
    def task_ids(self) -> list[str]:
        """The tasks' ids."""
        return [task.task_id for task in self.tasks]

    @property
    def roots(self) -> list[Any]:
        """The tasks with nothing before them."""
        return [task for task in self.tasks if not task.upstream_list]

    @property
    def leaves(self) -> list[Any]:
        """The tasks with nothing after them."""
        return [task for task in self.tasks if not task.downstream_list]

    @property
    def task_group(self) -> TaskGroup:
        """The group of all tasks."""
        if self.root_group is None:
            self.root_group = TaskGroup(None, dag=self)
        return self.root_group

    def get_task(self, task_id: str) -> Any:
        """Give a task."""
        return self.task_dict[task_id]

    def has_task(self, task_id: str) -> bool:
        """Say whether there is such a task."""
        return task_id in self.task_dict

    def add_task(self, task: Any) -> None:
        """Put a task in."""
        if task.__dict__.get("dag") is self:
            return
        if any(other.task_id == task.task_id for other in self.tasks):
            raise DuplicateTaskIdFoundError(
                f"the task id {task.task_id!r} is used twice in DAG {self.dag_id!r}"
            )
        task.__dict__["dag"] = self
        self.tasks.append(task)

    def param(self, name: str, default: Any = None) -> DagParam:
        """Give a reference to a run's parameter."""
        return DagParam(name, default)

    def __enter__(self) -> DAG:
        ledger = current()
        self.used_as_block = True
        ledger.open_dags.append(self)
        self.__dict__["_groups_outside"] = list(ledger.open_groups)
        ledger.open_groups.clear()
        return self

    def __exit__(self, *_: object) -> None:
        ledger = current()
        ledger.open_dags.pop()
        ledger.open_groups[:] = self.__dict__.pop("_groups_outside")

    def test(self, *_: Any, **__: Any) -> None:
        """Never run here."""

    cli = test

    def __hash__(self) -> int:
        return id(self)


class DagParam:
    """A run's parameter, used as a task's argument."""

    def __init__(self, name: str, default: Any = None) -> None:
        self.name = name
        self.default = default


class Param:
    """A DAG's parameter with its schema."""

    def __init__(self, default: Any = None, description: Any = None, **schema: Any) -> None:
        self.value = default
        self.description = description
        self.schema = schema


class DagFactory:
    """What `@dag` makes of a function."""

    def __init__(self, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.args = args
        self.options = options

    def __call__(self, *args: Any, **kwargs: Any) -> DAG:
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        bound.apply_defaults()
        options = dict(self.options)
        if not self.args:
            options.setdefault("dag_id", self.function.__name__)
        if self.function.__doc__:
            options.setdefault("doc_md", inspect.cleandoc(self.function.__doc__))
        with DAG(*self.args, **options) as made:
            made.__dict__["factory"] = self.function.__name__
            made.__dict__["spot"] = here()
            made.__dict__["factory_line"] = self.function.__code__.co_firstlineno
            made.params = {**bound.arguments, **made.params}
            made.late.clear()
            self.function(**{name: DagParam(name, value) for name, value in bound.arguments.items()})
        return made


def dag(*args: Any, **options: Any) -> Any:
    """Make a DAG factory of a function."""
    if len(args) == 1 and not options and inspect.isfunction(args[0]):
        return DagFactory(args[0], (), {})
    return lambda function: DagFactory(function, args, options)


__all__ = ["DAG", "DagFactory", "DagParam", "Param", "chain", "dag"]
