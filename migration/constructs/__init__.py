"""One construct, one file: each registers what it writes for an operator or decorator.

A rule from outside is found by the entry point group `replant.constructs`: a module that calls `construct`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from migration.graph import Task
from migration.writing.plan import RefusedError, Written
from migration.writing.site import Site

Writer = Callable[[Task, Site], Written]


@dataclass(frozen=True)
class Construct:
    """A way to write certain tasks."""

    names: tuple[str, ...]
    """Class names of operators, or `@task…` kinds."""
    write: Writer
    runs_here: bool = True
    """Whether it can be executed without a cluster or a cloud."""


class Registry:
    """The constructs, by the names that they serve."""

    def __init__(self) -> None:
        self._found: dict[str, Construct] = {}

    def add(self, construct: Construct) -> None:
        """Take a construct in; a later one wins, so that a user's own rule does."""
        for name in construct.names:
            self._found[name] = construct

    def find(self, task: Task) -> Construct:
        """Give the construct for a task.

        Raises RefusedError if there is none.
        """
        if task.decorator is not None:
            name = "@" + task.decorator
            if name in self._found:
                return self._found[name]
            raise RefusedError(f"there is no rule for {name}; docs/convert.md says how to add one")
        if task.own and "author's own operator" in self._found:
            return self._found["author's own operator"]
        if task.operator in self._found:
            return self._found[task.operator]
        raise RefusedError(f"there is no rule for {task.operator}; docs/convert.md says how to add one")

    def run_here(self, names: Iterable[str]) -> bool:
        """Say whether all of these constructs can be executed without a cluster, a cloud or containers."""
        return all(self._found[name].runs_here for name in names if name in self._found)


_REGISTERED: list[Construct] = []


def construct(*names: str, runs_here: bool = True) -> Callable[[Writer], Writer]:
    """Register a function as the writer for operators of these names."""

    def register(write: Writer) -> Writer:
        _REGISTERED.append(Construct(names, write, runs_here))
        return write

    return register


@cache
def registry() -> Registry:
    """Give all constructs: the files of this folder, then those of installed packages."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    for point in entry_points(group="replant.constructs"):
        point.load()
    found = Registry()
    for one in _REGISTERED:
        found.add(one)
    return found
