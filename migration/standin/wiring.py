"""Edges: `>>`, `<<`, `set_upstream`, `chain`, labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from migration.standin.ledger import current, here
from migration.standin.symbols import Symbol


class Linked:
    """Anything that can stand in a dependency: a task, a result, a group, a label."""

    def first_tasks(self) -> list[Any]:
        """Give the tasks that an edge into this reaches."""
        raise NotImplementedError

    def last_tasks(self) -> list[Any]:
        """Give the tasks that an edge out of this leaves."""
        raise NotImplementedError

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Make the other run after this."""
        link(self, other, edge_modifier)

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Make the other run before this."""
        link(other, self, edge_modifier)

    def __rshift__(self, other: Any) -> Any:
        link(self, other)
        return other

    def __lshift__(self, other: Any) -> Any:
        link(other, self)
        return other

    def __rrshift__(self, other: Any) -> Any:
        link(other, self)
        return self

    def __rlshift__(self, other: Any) -> Any:
        link(self, other)
        return self


class Label(Linked):
    """A text on an edge; passes what stands on its left to what stands on its right."""

    def __init__(self, label: str = "", **_: Any) -> None:
        self.label = label
        self._before: list[Any] = []
        self._after: list[Any] = []

    def __rshift__(self, other: Any) -> Any:
        self._after.append(other)
        self._join()
        return other

    def __lshift__(self, other: Any) -> Any:
        self._before.append(other)
        self._join()
        return other

    def __rrshift__(self, other: Any) -> Any:
        self._before.append(other)
        self._join()
        return self

    def __rlshift__(self, other: Any) -> Any:
        self._after.append(other)
        self._join()
        return self

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        self.__rshift__(other)

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        self.__lshift__(other)

    def _join(self) -> None:
        if self._before and self._after:
            link(self._before, self._after, self)


def flat(value: Any) -> Iterator[Any]:
    """Walk nested lists."""
    if isinstance(value, list | tuple | set):
        for item in value:
            yield from flat(item)
    elif value is not None:
        yield value


def link(before: Any, after: Any, label: Any = None) -> None:
    """Add an edge from each last task of the one to each first task of the other."""
    for left in flat(before):
        for right in flat(after):
            if isinstance(right, Label):
                right.__rrshift__(left)
            elif isinstance(left, Label):
                left.__rshift__(right)
            elif isinstance(left, Linked) and isinstance(right, Linked):
                _add_edges(left, right, label)
            elif isinstance(left, Symbol) or isinstance(right, Symbol):
                current().doubt(f"an edge between {left} and {right}, of which one is not known")
            else:
                raise TypeError(f"a dependency between {type(left).__name__} and {type(right).__name__}")


def _add_edges(left: Linked, right: Linked, label: Any) -> None:
    spot = here()
    text = getattr(label, "label", None)
    for upstream in left.last_tasks():
        for downstream in right.first_tasks():
            upstream.add_edge(downstream, spot, text)


def chain(*tasks: Any) -> None:
    """Chain tasks; two lists next to each other are paired."""
    for before, after in pairwise(tasks):
        if isinstance(before, list | tuple) and isinstance(after, list | tuple):
            if len(before) != len(after):
                raise ValueError(f"chain of lists of {len(before)} and {len(after)} tasks")
            for left, right in zip(before, after, strict=True):
                link(left, right)
        elif isinstance(before, Linked | list | tuple):
            link(before, after)
        else:
            raise TypeError(f"chain of {type(before).__name__}")


def chain_linear(*elements: Any) -> None:
    """Chain where each of one list precedes each of the next."""
    kept = [element for element in elements if not isinstance(element, list | tuple) or element]
    for before, after in pairwise(kept):
        link(before, after)


def cross_downstream(from_tasks: Sequence[Any], to_tasks: Any) -> None:
    """Make each of the second run after each of the first."""
    link(list(from_tasks), to_tasks)
