"""Task groups, as a block and as a decorator, mapped ones too."""

from __future__ import annotations

import functools
from typing import Any

from migration.standin.ledger import current, here
from migration.standin.wiring import Linked


class TaskGroup(Linked):
    """A named set of tasks."""

    def __init__(self, group_id: Any = None, *args: Any, **options: Any) -> None:
        ledger = current()
        self.spot = here()
        self.options = dict(options)
        parent = options.pop("parent_group", None)
        parent = parent or (ledger.open_groups[-1] if ledger.open_groups else None)
        self.parent = parent
        self.dag = options.pop("dag", None) or (
            parent.dag if parent is not None else (ledger.open_dags[-1] if ledger.open_dags else None)
        )
        self.prefix = bool(options.get("prefix_group_id", args[0] if args else True))
        self.default_args = dict(options.get("default_args") or {})
        self.tooltip = options.get("tooltip")
        self.mapping: dict[str, Any] | None = None
        self.children: list[Any] = []
        name = group_id if parent is None or parent.group_id is None else parent.child_id(group_id)
        self.group_id = self._free(name) if options.get("add_suffix_on_collision") else name
        if self.dag is not None:
            self.dag.groups.append(self)
        if parent is not None:
            parent.children.append(self)

    def _free(self, name: Any) -> Any:
        taken = {group.group_id for group in self.dag.groups} if self.dag is not None else set()
        if name not in taken:
            return name
        number = 1
        while f"{name}__{number}" in taken:
            number += 1
        return f"{name}__{number}"

    def child_id(self, label: str) -> str:
        """Give a child's full id."""
        if self.prefix and self.group_id is not None:
            return f"{self.group_id}.{label}"
        return label

    def all_defaults(self) -> dict[str, Any]:
        """Give the default arguments of this and the groups around it."""
        return {**(self.parent.all_defaults() if self.parent is not None else {}), **self.default_args}

    def tasks(self) -> list[Any]:
        """Give the tasks inside, groups inside groups included."""
        if self.dag is None:
            return []
        return [task for task in self.dag.tasks if self._holds(task.group)]

    def _holds(self, group: Any) -> bool:
        while group is not None:
            if group is self:
                return True
            group = group.parent
        return False

    def first_tasks(self) -> list[Any]:
        inside = self.tasks()
        members = set(inside)
        return [task for task in inside if not any(other in members for other in task.upstream_list)]

    def last_tasks(self) -> list[Any]:
        inside = self.tasks()
        members = set(inside)
        found: list[Any] = []
        for task in inside:
            if not any(other in members for other in task.downstream_list):
                found += self._before_teardown(task, members)
        return list(dict.fromkeys(found))

    def _before_teardown(self, task: Any, members: set[Any]) -> list[Any]:
        """An edge out of a group leaves from what the teardown waits for."""
        if not task.marks.get("teardown"):
            return [task]
        found: list[Any] = []
        for before in task.upstream_list:
            if before in members and not before.marks.get("setup"):
                found += self._before_teardown(before, members)
        return found

    def add(self, task: Any) -> Any:
        """Put a task in."""
        task.group = self
        return task

    def __enter__(self) -> TaskGroup:
        ledger = current()
        ledger.open_groups.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        current().open_groups.pop()

    def __hash__(self) -> int:
        return id(self)


class MappedValue:
    """What one argument of a mapped group will be, in one of its copies."""

    def __init__(self, group: TaskGroup, name: str) -> None:
        self.group = group
        self.name = name


class GroupFactory:
    """What `@task_group` makes of a function."""

    def __init__(self, function: Any, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.options = {"group_id": function.__name__, "add_suffix_on_collision": True, **options}
        self.fixed: dict[str, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._group() as group:
            value = self.function(*args, **{**self.fixed, **kwargs})
        return _result(group, value)

    def _group(self) -> TaskGroup:
        options = dict(self.options)
        return TaskGroup(options.pop("group_id"), **options)

    def override(self, **options: Any) -> GroupFactory:
        """Change its options."""
        return GroupFactory(self.function, {**self.options, **options})

    def partial(self, **fixed: Any) -> GroupFactory:
        """Fix arguments."""
        made = GroupFactory(self.function, self.options)
        made.fixed = {**self.fixed, **fixed}
        return made

    def expand(self, **mapped: Any) -> Any:
        """Make the group once for each value."""
        return self._mapped("expand", mapped)

    def expand_kwargs(self, mapped: Any) -> Any:
        """Make the group once for each dictionary."""
        return self._mapped("expand_kwargs", {"kwargs": mapped})

    def _mapped(self, kind: str, mapped: dict[str, Any]) -> Any:
        with self._group() as group:
            group.mapping = {"kind": kind, "arguments": mapped, "spot": here()}
            inner = {name: MappedValue(group, name) for name in mapped}
            value = self.function(**self.fixed, **inner)
        for task in group.first_tasks():
            task.link_data(mapped, group.spot)
        return _result(group, value)


def _result(group: TaskGroup, value: Any) -> Any:
    """Airflow gives the function's result if it is one, else the group."""
    return value if isinstance(value, Linked) else group


def task_group(function: Any = None, **options: Any) -> Any:
    """Make a group of a function's tasks."""
    if callable(function):
        return GroupFactory(function, {})
    if isinstance(function, str):
        options["group_id"] = function
    return lambda real: GroupFactory(real, options)
