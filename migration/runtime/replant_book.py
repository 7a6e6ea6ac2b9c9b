"""The account of one flow run: its tasks with Airflow's states, what they pushed and said of assets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run, task_run
from replant_assets import (  # type: ignore[import-not-found]
    OutletEvent,
    OutletEvents,
    TaskState,
    emit_updates,
    resolved,
)


@dataclass(eq=False)
class Node:
    """One task of the running flow, with Airflow's state of it."""

    name: str
    before: list[Node]
    kind: str = "task"
    map_index: int = -1
    verdict: str = ""
    """Decided beforehand: there is nothing to map it over."""
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Tasks by the id of their group, where that is no part of their names: a branch may name the group."""
    skips: frozenset[str] = frozenset()
    """The tasks behind it that it has skipped by name."""
    depends_on_past: bool | Sequence[str] = False
    first: Sequence[Callable[[dict[str, Any]], Any]] = ()
    then: Callable[[dict[str, Any], Any], Any] | None = None
    state: str = ""
    result: Any = None
    future: PrefectFuture[Any] | None = None
    copies: list[Node] = field(default_factory=list)
    pushed: dict[str, Any] = field(default_factory=dict)
    kept: TaskState = field(default_factory=TaskState)
    outlets: OutletEvents = field(default_factory=OutletEvents)

    def futures(self) -> list[PrefectFuture[Any]]:
        """Give its future, or those of its copies."""
        own = [self.future] if self.future is not None else []
        return own + [future for copy in self.copies for future in copy.futures()]

    def wait(self) -> None:
        """Wait until it has ended."""
        for future in self.futures():
            future.wait()

    def states_before(self) -> list[Node]:
        """Give the tasks right before, copies one by one."""
        return [one for node in self.before for one in (node.copies or [node])]

    def ancestors(self) -> list[Node]:
        """Give all tasks before it."""
        found: dict[Node, None] = {}
        waiting = list(self.before)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = None
                waiting += node.before
        return list(found)

    def value(self, key: str = "return_value") -> Any:
        """Give its result or what it pushed; a mapped task's as a list of what is there."""
        if self.copies:
            ended = [copy for copy in self.copies if key != "return_value" or copy.state == "success"]
            return [value for copy in ended if (value := copy.value(key)) is not None]
        if key in self.pushed or key != "return_value":
            return self.pushed.get(key, self.result.get(key) if isinstance(self.result, dict) else None)
        return self.result


@dataclass
class Book:
    """The account of one flow run, kept in its process."""

    nodes: dict[str, Node] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    local: threading.local = field(default_factory=threading.local)
    by_run: dict[str, Node] = field(default_factory=dict)

    def add(self, name: str, before: list[Node], kind: str) -> Node:
        """Enter a task."""
        self.nodes[name] = Node(name, before, kind)
        return self.nodes[name]

    def of(self, future: Any) -> Node | None:
        """Give the task that a future belongs to."""
        for node in self.nodes.values():
            if any(future is one for one in node.futures()):
                return node
        return None

    @contextmanager
    def current(self, node: Node) -> Iterator[None]:
        """Make it the task that runs in this thread."""
        self.local.node = node
        self.by_run[str(task_run.get_id())] = node
        try:
            yield
        finally:
            self.local.node = None


_BOOKS: dict[str, Book] = {}


def running() -> Book:
    """Give the running flow's book."""
    context = FlowRunContext.get()
    name = str(context.flow_run.id) if context and context.flow_run else str(flow_run.get_id())
    return book_of(name)


def book_of(flow_run_id: Any) -> Book:
    """Give the book of a flow's run."""
    return _BOOKS.setdefault(str(flow_run_id), Book())


def emits(*outlets: Any) -> Any:
    """Make a Prefect state hook that tells of updated assets, unless the task was skipped."""

    def hook(owner: Any, run: Any, state: Any) -> None:
        if state.name == "Skipped":
            return
        book = running()
        node = book.by_run.get(str(run.id))
        source = {"dag_id": book.context.get("dag_id"), "task_id": owner.name}
        for asset in resolved(outlets):
            said = node.outlets[asset] if node else OutletEvent()
            emit_updates(asset, said, book.context.get("partition_key"), **source)

    hook.__name__ = "emits"
    return hook
