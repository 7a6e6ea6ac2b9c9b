"""Operators: one class for each name that a file imports, and the author's own."""

from __future__ import annotations

import functools
import inspect
import logging
from typing import Any

from migration.standin.keys import checked
from migration.standin.ledger import Spot, current, here
from migration.standin.results import XComArg, references
from migration.standin.wiring import Linked


class DuplicateTaskIdFoundError(Exception):
    """Two tasks of one DAG have the same id."""


class Task(Linked):
    """A node of a DAG."""

    task_id: str
    dag: Any
    edges: dict[Any, dict[str, Any]]
    marks: dict[str, bool]

    def _enter_graph(self, task_id: str, dag: Any, group: Any, spot: Spot) -> None:
        self.__dict__["spot"] = spot
        self.__dict__["group"] = group
        self.__dict__["edges"] = {}
        self.__dict__["marks"] = {}
        checked("task id", task_id)
        self.__dict__["task_id"] = group.child_id(task_id) if group is not None else task_id
        if dag is not None:
            dag.add_task(self)
        for scope in current().open_scopes:
            scope.take(self)

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return self.dag.dag_id if self.dag is not None else ""

    @property
    def output(self) -> XComArg:
        """What the task will return."""
        return XComArg(self)

    @property
    def upstream_task_ids(self) -> set[str]:
        """The ids of the tasks right before."""
        return {task.task_id for task in self.upstream_list}

    @property
    def downstream_task_ids(self) -> set[str]:
        """The ids of the tasks right after."""
        return {task.task_id for task in self.downstream_list}

    @property
    def upstream_list(self) -> list[Any]:
        """The tasks right before."""
        return [task for task in self.dag.tasks if self in task.edges]

    @property
    def downstream_list(self) -> list[Any]:
        """The tasks right after."""
        return list(self.edges)

    def first_tasks(self) -> list[Any]:
        return [self]

    def last_tasks(self) -> list[Any]:
        return [self]

    def add_edge(self, downstream: Any, spot: Spot, label: str | None, kind: str = "order") -> None:
        """Keep an edge; one that is there keeps its place, a label is added."""
        if self.dag is None and downstream.dag is not None:
            downstream.dag.add_task(self)
        if downstream.dag is None and self.dag is not None:
            self.dag.add_task(downstream)
        known = self.edges.setdefault(downstream, {"spot": spot, "label": label, "kind": kind})
        known["label"] = known["label"] or label

    def link_data(self, value: Any, spot: Spot) -> None:
        """Add the edges that the results inside a value imply."""
        for reference in references(value):
            reference.operator.add_edge(self, spot, None, "data")

    def as_setup(self) -> Any:
        """Mark as a setup task."""
        self.marks["setup"] = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Any:
        """Mark as a teardown task of the given setups."""
        self.marks["teardown"] = True
        if on_failure_fail_dagrun is not None:
            self.marks["on_failure_fail_dagrun"] = on_failure_fail_dagrun
        if setups is not None:
            for setup in setups if isinstance(setups, list | tuple | set) else [setups]:
                node: Any = getattr(setup, "operator", setup)
                node.marks["setup"] = True
                node.add_edge(self, here(), None)
        return self

    def __enter__(self) -> Any:
        current().open_scopes.append(Scope(self))
        return self

    def __exit__(self, *_: object) -> None:
        current().open_scopes.pop().close()


class Scope:
    """The tasks made inside `with teardown:`: they run after its setups and before it."""

    def __init__(self, owner: Task) -> None:
        self.owner = owner
        self.tasks: list[Task] = []

    def take(self, task: Task) -> None:
        """Count a new task in."""
        self.tasks.append(task)

    def close(self) -> None:
        """Add the edges: the first tasks after the setups, the last before the teardown."""
        inside = set(self.tasks)
        owners_setups = [task for task in self.owner.upstream_list if task.marks.get("setup")]
        if self.owner.marks.get("setup"):
            owners_setups.append(self.owner)
        for task in self.tasks:
            if task.marks.get("setup") or task.marks.get("teardown"):
                continue  # these are linked by hand, as in Airflow
            if not any(other in inside for other in task.upstream_list):
                for setup in owners_setups:
                    setup.add_edge(task, here(), None)
            is_last = not any(other in inside for other in task.downstream_list)
            if is_last and self.owner.marks.get("teardown"):
                task.add_edge(self.owner, here(), None)


class OperatorType(type):
    """Notes where and how an operator is made, and applies the DAG's default arguments."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        made = namespace.get("__init__")
        if inspect.isfunction(made) and bases[0] is not Task:
            cls.__init__ = _filling(made)  # type: ignore[misc]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        ledger = current()
        spot = here()
        defaults = _defaults_for(kwargs)
        signature = inspect.signature(cls.__init__)  # type: ignore[misc]
        instance: Any = cls.__new__(cls)  # type: ignore[call-overload]
        instance.__dict__.update(making=True, late={}, base={}, call=dict(kwargs), from_defaults=set())
        instance.__dict__["making_spot"] = spot
        ledger.pending_defaults.append(defaults)
        try:
            instance.__init__(*args, **kwargs)
        finally:
            ledger.pending_defaults.pop()
        bound = _bound(signature, instance, args, kwargs)
        instance.__dict__["call"] = bound
        instance.__dict__["making"] = False
        for name, value in {**bound, **instance.base}.items():
            if name not in ("dag", "task_group"):
                instance.link_data(value, spot)
        return instance


def _filling(made: Any) -> Any:
    """Let a class's `__init__` get the default arguments that it names, as in Airflow; also one of a base."""
    signature = inspect.signature(made)
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = [name for name, one in signature.parameters.items() if one.kind not in kinds]

    @functools.wraps(made)
    def filled(self: Any, *args: Any, **kwargs: Any) -> Any:
        defaults = current().pending_defaults[-1] if current().pending_defaults else {}
        lacking = [name for name in named[1 + len(args) :] if name in defaults and name not in kwargs]
        return made(self, *args, **kwargs, **{name: defaults[name] for name in lacking})

    return filled


def _defaults_for(kwargs: dict[str, Any]) -> dict[str, Any]:
    ledger = current()
    dag = kwargs.get("dag") or (ledger.open_dags[-1] if ledger.open_dags else None)
    group = kwargs.get("task_group") or (ledger.open_groups[-1] if ledger.open_groups else None)
    own = kwargs.get("default_args") or {}
    return {
        **getattr(dag, "default_args", {}),
        **(group.all_defaults() if group is not None else {}),
        **own,
    }


def _bound(
    signature: inspect.Signature, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Give the call's arguments by name."""
    try:
        arguments = signature.bind_partial(instance, *args, **kwargs).arguments
    except TypeError:
        return dict(kwargs)
    found: dict[str, Any] = {}
    for name, value in list(arguments.items())[1:]:
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            found.update(value)
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            found.update({f"argument {number}": item for number, item in enumerate(value)})
        else:
            found[name] = value
    return found


class BaseOperator(Task, metaclass=OperatorType):
    """The base of all operators; takes any keyword."""

    template_fields: Any = ()

    def __init__(self, task_id: Any = None, *args: Any, **kwargs: Any) -> None:
        ledger = current()
        if task_id is None:
            raise TypeError(f"{type(self).__name__} without task_id")
        state = self.__dict__
        defaults = ledger.pending_defaults[-1] if ledger.pending_defaults else {}
        added = {name: value for name, value in defaults.items() if name not in kwargs}
        given = dict(kwargs)
        if isinstance(defaults.get("params"), dict) and isinstance(given.get("params"), dict):
            given["params"] = {**defaults["params"], **given["params"]}
        dag = given.pop("dag", None) or added.pop("dag", None)
        group = given.pop("task_group", None) or (ledger.open_groups[-1] if ledger.open_groups else None)
        if group is not None and dag is None:
            dag = group.dag
        dag = dag or (ledger.open_dags[-1] if ledger.open_dags else None)
        if group is None and dag is not None and getattr(dag, "root_group", None) is not None:
            group = dag.root_group
        given.update({f"argument {number}": item for number, item in enumerate(args, 1)})
        known = set(state["call"])
        state["from_defaults"] = {name for name in added if name not in known}
        state["base"] = {**added, **given}
        state["base_given"] = set(given)
        for name, value in state["base"].items():
            if not isinstance(getattr(type(self), name, None), property):
                state[name] = value
        state["dag"] = None
        self._enter_graph(str(task_id), dag, group, state["making_spot"])

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value
        if not self.__dict__.get("making", True):
            self.__dict__["late"][name] = value

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """Begin a mapped task; `mapped.py` puts the real one in place."""
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        """Never run here."""
        raise RuntimeError("the recorder runs no task")

    def get_direct_relatives(self, upstream: bool = False) -> list[Any]:
        """Give the neighbours."""
        return self.upstream_list if upstream else self.downstream_list

    @property
    def log(self) -> Any:
        """A logger, as Airflow's mixin gives one."""
        return logging.getLogger(type(self).__name__)
