"""Results before they are there: what a flow passes from task to task, and what a task gets of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect.futures import PrefectFuture
from replant_book import Book, Node  # type: ignore[import-not-found]
from replant_context import Template  # type: ignore[import-not-found]


@dataclass(frozen=True)
class Item:
    """One key of what a task will have returned."""

    of: Any
    key: str


@dataclass
class Expanded:
    """The copies of a mapped task."""

    node: Node
    futures: list[PrefectFuture[Any]] = field(default_factory=list)


def item(of: Any, key: str) -> Item:
    """Refer to one key of a task's result before there is one."""
    return Item(of, key)


def inside(value: Any) -> Iterator[Any]:
    """Find the futures in nested arguments."""
    if isinstance(value, PrefectFuture | Expanded):
        yield value
    elif isinstance(value, Item):
        yield from inside(value.of)
    elif isinstance(value, Mapping):
        yield from inside(list(value.values()))
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from inside(one)


def node_of(book: Book, future: Any) -> Node | None:
    """Give the task that a future, or a mapped task's copies, belong to."""
    return future.node if isinstance(future, Expanded) else book.of(future)


def referred(book: Book, value: Any) -> Any:
    """Replace futures by the book's nodes, so that Prefect does not wait for their results to be good."""
    if isinstance(value, PrefectFuture | Expanded):
        return node_of(book, value)
    if isinstance(value, Item):
        return Item(referred(book, value.of), value.key)
    if isinstance(value, Mapping):
        return {key: referred(book, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([referred(book, one) for one in value])
    return value


def resolved(book: Book, value: Any) -> Any:
    """Replace what was referred to by the results, and render templates."""
    if isinstance(value, PrefectFuture | Expanded):
        value = node_of(book, value)
    if isinstance(value, Node):
        return value.value()
    if isinstance(value, Item):
        found = resolved(book, value.of)
        return None if found is None else found[value.key]
    if isinstance(value, Template):
        return value.rendered()
    if isinstance(value, Mapping):
        return {key: resolved(book, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([resolved(book, one) for one in value])
    return value
