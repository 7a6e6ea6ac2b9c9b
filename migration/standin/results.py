"""References to what a task will have returned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migration.standin.wiring import Linked


class XComArg(Linked):
    """What a task returns, or one key of it."""

    def __init__(self, operator: Any, key: str = "return_value", steps: tuple[Any, ...] = ()) -> None:
        self.operator = operator
        self.key = key
        self.steps = steps
        """What is done with it on the way: ("map", function), ("zip", others), ("concat", others)."""

    def first_tasks(self) -> list[Any]:
        return [self.operator]

    def last_tasks(self) -> list[Any]:
        return [self.operator]

    def __getitem__(self, key: Any) -> XComArg:
        if not isinstance(key, str):
            raise TypeError(f"a task's result is indexed by strings, not {type(key).__name__}")
        return XComArg(self.operator, key, self.steps)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a task's result cannot be iterated over while the DAG is built")

    def map(self, function: Any) -> XComArg:
        """Apply a function to each element."""
        return XComArg(self.operator, self.key, (*self.steps, ("map", function)))

    def zip(self, *others: Any, fillvalue: Any = None) -> XComArg:
        """Zip with other results."""
        return XComArg(self.operator, self.key, (*self.steps, ("zip", others)))

    def concat(self, *others: Any) -> XComArg:
        """Put other results behind."""
        return XComArg(self.operator, self.key, (*self.steps, ("concat", others)))

    def as_setup(self, **_: Any) -> XComArg:
        """Mark the task as a setup."""
        self.operator.as_setup()
        return self

    def as_teardown(self, **options: Any) -> XComArg:
        """Mark the task as a teardown."""
        self.operator.as_teardown(**options)
        return self

    def __enter__(self) -> XComArg:
        self.operator.__enter__()
        return self

    def __exit__(self, *rest: Any) -> None:
        self.operator.__exit__(*rest)

    @property
    def task_id(self) -> str:
        """The task's id."""
        return str(self.operator.task_id)

    @property
    def output(self) -> XComArg:
        """Itself."""
        return self

    def __str__(self) -> str:
        ids = f"task_ids='{self.operator.task_id}', dag_id='{self.operator.dag_id}'"
        return "{{ task_instance.xcom_pull(" + ids + f", key='{self.key}') }}}}"

    def __hash__(self) -> int:
        return id(self)


def references(value: Any) -> Iterator[XComArg]:
    """Find the results of tasks inside a value."""
    if isinstance(value, XComArg):
        yield value
        for kind, payload in value.steps:
            if kind != "map":
                yield from references(list(payload))
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from references(item)
