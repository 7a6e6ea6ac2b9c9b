"""`@task` and its kinds, `@setup`, `@teardown`."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from migration.standin.groups import GroupFactory
from migration.standin.ledger import current
from migration.standin.mapped import Partial
from migration.standin.operators import BaseOperator
from migration.standin.results import XComArg


class DecoratedOperator(BaseOperator):
    """The task that a decorated function becomes."""


class TaskFactory:
    """What `@task` makes of a function."""

    def __init__(self, function: Any, kind: str, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.kind = kind
        self.options = options
        self.marks: dict[str, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        bound = self._bound(args, kwargs)
        options = self._options()
        task: Any = DecoratedOperator(**options, python_callable=self.function, call_arguments=bound)
        task.__dict__["decorator"] = self.kind
        task.__dict__["late"].clear()
        task.marks.update(self.marks)
        return XComArg(task)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        signature = inspect.signature(self.function)
        arguments = signature.bind_partial(*args, **kwargs).arguments
        found: dict[str, Any] = {}
        for name, value in arguments.items():
            kind = signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                found.update(value)
            elif kind is inspect.Parameter.VAR_POSITIONAL:
                found[f"*{name}"] = list(value)
            else:
                found[name] = value
        return found

    def _options(self) -> dict[str, Any]:
        options = dict(self.options)
        options["task_id"] = free_task_id(str(options.pop("task_id", self.function.__name__)), options)
        if self.function.__doc__:
            options.setdefault("doc_md", inspect.cleandoc(self.function.__doc__))
        return options

    def override(self, **options: Any) -> TaskFactory:
        """Change its options."""
        made = TaskFactory(self.function, self.kind, {**self.options, **options})
        made.marks = dict(self.marks)
        return made

    def partial(self, **fixed: Any) -> MappedFactory:
        """Fix arguments, to be expanded."""
        return MappedFactory(self, fixed)

    def expand(self, **mapped: Any) -> Any:
        """Make a task for each combination."""
        return MappedFactory(self, {}).expand(**mapped)

    def expand_kwargs(self, mapped: Any, **_: Any) -> Any:
        """Make a task for each dictionary."""
        return MappedFactory(self, {}).expand_kwargs(mapped)


class MappedFactory:
    """A decorated function with some arguments fixed."""

    def __init__(self, factory: TaskFactory, fixed: dict[str, Any]) -> None:
        self.factory = factory
        self.fixed = fixed

    def expand(self, **mapped: Any) -> Any:
        """Make a task for each combination."""
        return self._mark(self._partial().expand(**mapped))

    def expand_kwargs(self, mapped: Any, **_: Any) -> Any:
        """Make a task for each dictionary."""
        return self._mark(self._partial().expand_kwargs(mapped))

    def _partial(self) -> Partial:
        options = self.factory._options()
        fixed = {"python_callable": self.factory.function, "call_arguments": self.fixed}
        return Partial(DecoratedOperator, {**options, **fixed}, self.factory.function)

    def _mark(self, result: Any) -> Any:
        result.operator.__dict__["decorator"] = self.factory.kind
        result.operator.marks.update(self.factory.marks)
        return result


def free_task_id(task_id: str, options: dict[str, Any]) -> str:
    """Give the id, or the id with the next free `__N`, as Airflow numbers repeated calls."""
    ledger = current()
    dag = options.get("dag") or (ledger.open_dags[-1] if ledger.open_dags else None)
    group = options.get("task_group") or (ledger.open_groups[-1] if ledger.open_groups else None)
    if dag is None:
        return task_id
    taken = set(dag.task_ids)
    full = group.child_id(task_id) if group is not None else task_id
    if full not in taken:
        return task_id
    stem = task_id.rsplit("__", 1)[0] if task_id.rsplit("__", 1)[-1].isdigit() else task_id
    number = 1
    while (group.child_id(f"{stem}__{number}") if group is not None else f"{stem}__{number}") in taken:
        number += 1
    return f"{stem}__{number}"


class Condition:
    """What `@task.run_if(...)` and `@task.skip_if(...)` put before a task's own work."""

    def __init__(self, kind: str, function: Any, message: Any) -> None:
        self.kind = kind
        self.function = function
        self.message = message


def _condition(kind: str) -> Any:
    def decorator(condition: Any, skip_message: Any = None) -> Any:
        def put(factory: Any) -> TaskFactory:
            if not isinstance(factory, TaskFactory):
                raise TypeError(f"{kind} can only be used with task: decorate with @task before @{kind}")
            known = factory.options.get("pre_execute") or []
            made = Condition(kind, condition, skip_message)
            factory.options["pre_execute"] = [*(known if isinstance(known, list) else [known]), made]
            return factory

        return put

    return decorator


CONDITIONS = {"run_if": _condition("run_if"), "skip_if": _condition("skip_if")}


class TaskDecorator:
    """`task`, `task.branch`, `task.anything`."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in CONDITIONS:
            return CONDITIONS[name]
        return TaskDecorator(f"{self._kind}.{name}")

    def __call__(self, function: Any = None, **options: Any) -> Any:
        if callable(function):
            return TaskFactory(function, self._kind, options)
        return lambda real: TaskFactory(real, self._kind, options)


def _marked(function: Any, marks: dict[str, Any]) -> Any:
    made = function
    if not isinstance(made, TaskFactory | GroupFactory):
        made = TaskFactory(function, "task", {})
    if isinstance(made, TaskFactory):
        made.marks.update(marks)
    return made


def setup(function: Any) -> Any:
    """Mark a decorated function's tasks as setups."""
    return _marked(function, {"setup": True})


def teardown(function: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """Mark a decorated function's tasks as teardowns."""
    marks: dict[str, Any] = {"teardown": True}
    if on_failure_fail_dagrun:
        marks["on_failure_fail_dagrun"] = True
    if function is None:
        return lambda real: _marked(real, marks)
    return _marked(function, marks)
