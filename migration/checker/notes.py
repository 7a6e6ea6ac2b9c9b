"""The noting stand-ins: what a task's call, `submit`, `map` and the runtime's functions were given."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from prefect import Flow, unmapped
from prefect.utilities.annotations import BaseAnnotation

from migration.checker.acting import Stage
from migration.checker.handed import wrong_with
from migration.checker.wrappers import chooses, past_of, ways_of, with_context

LIMIT = 10_000
"""Copies of a mapped task beyond which they are counted, not listed."""


class Noted:
    """What a noted call gives: stands for the task's result."""

    def __init__(self, name: str, log: Log, key: str = "return_value", copies: int = 0) -> None:
        self.note_copies = copies
        self.note_name = name
        self.note_log = log
        self.note_key = key
        self.futures = [self]

    def __getitem__(self, key: Any) -> Noted:
        return Noted(self.note_name, self.note_log, str(key))

    def __iter__(self) -> Iterator[Noted]:
        return iter((self,))

    def wait(self, *_: Any) -> None:
        """Note that it was waited for."""
        self.note_log.waited.append(self.note_name)
        self.note_log.stage.wait(self.note_name)

    @property
    def state(self) -> Any:
        """Give how it has ended, in a try with outcomes."""
        return self.note_log.stage.state(self.note_name)

    @property
    def _final_state(self) -> Any:  # what `prefect.futures.wait` asks for
        self.wait()
        return self.state

    def result(self, *_: Any, raise_on_failure: bool = True, **__: Any) -> Any:
        """Give what it returns in a try with outcomes, else itself."""
        return self.note_log.stage.value(self.note_name, self, raise_on_failure)


@dataclass
class Call:
    """One noted call."""

    task: Any
    how: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    after: list[str]
    rule: str = "all_success"
    kind: str = "task"
    copies: list[Any] | None = None
    over: Any = None
    past: Any = False
    then: bool = False
    first: Any = ()
    groups: Any = None

    def as_json(self) -> dict[str, Any]:
        """Give plain values."""
        task = self.task
        return {
            "name": task.name,
            "how": self.how,
            "args": [plain(one) for one in self.args],
            "kwargs": {name: plain(one) for name, one in self.kwargs.items()},
            "after": self.after,
            "data": sorted(set(names_in([self.args, self.kwargs, self.copies, self.over]))),
            "rule": self.rule,
            "kind": self.kind,
            "past": plain(self.past) or past_of(task.fn),
            "then": self.then,
            "groups": plain(self.groups or {}),
            "first": [plain(one) for one in self.first],
            "copies": plain(self.copies),
            "over": plain(self.over),
            "retries": task.retries,
            "retry_delay_seconds": _delay(task.retry_delay_seconds),
            "retry_condition": task.retry_condition_fn is not None,
            "timeout_seconds": task.timeout_seconds,
            "tags": sorted(task.tags),
            "hooks": {
                kind: len(getattr(task, f"{kind}_hooks") or []) for kind in ("on_failure", "on_completion")
            },
            "unbound": wrong_with(task.fn, self.args, self.kwargs) if self.how in ("call", "submit") else "",
            "ways": ways_of(task.fn),
            "doc": (task.fn.__doc__ or "")[:60],
        }


@dataclass
class Log:
    """All calls of one flow, in order."""

    calls: list[Call] = field(default_factory=list)
    waited: list[str] = field(default_factory=list)
    start: Any = None
    """The logical date that the runtime would give."""
    begun: dict[str, Any] | None = None
    """What the flow gave `begin`."""
    stage: Stage = field(default_factory=Stage)
    told: Any = None
    """The run's conf."""

    def add(self, call: Call, wait_for: Any = None) -> Noted:
        """Note a call."""
        self.calls.append(call)
        if call.how not in ("runtime", "expand"):
            self.stage.called(call.task.name, [call.args, call.kwargs, call.copies, wait_for], call.how)
        return Noted(call.task.name, self, copies=len(call.copies or []) if call.how == "map" else 0)


def _delay(value: Any) -> Any:
    return "by a function" if callable(value) else value


def watch(task_class: Any, log: Log) -> None:
    """Make the methods of Prefect's tasks note their calls."""

    def call(self: Any, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any) -> Any:
        return log.add(Call(self, "call", args, kwargs, names_in(wait_for)), wait_for)

    def submit(self: Any, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any) -> Any:
        return log.add(Call(self, "submit", args, kwargs, names_in(wait_for)), wait_for)

    def map_over(
        self: Any, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any
    ) -> Any:
        lists = {
            name: [value] * value.note_copies if isinstance(value, Noted) else value
            for name, value in kwargs.items()
            if (isinstance(value, list | tuple) and not isinstance(value, unmapped))
            or (isinstance(value, Noted) and value.note_copies)
        }
        fixed = {name: getattr(value, "value", value) for name, value in kwargs.items() if name not in lists}
        rows = [dict(zip(lists, row, strict=False)) for row in zip(*lists.values(), strict=False)]
        return log.add(Call(self, "map", args, fixed, names_in(wait_for), copies=rows[:LIMIT]), wait_for)

    task_class.__call__, task_class.submit, task_class.map = call, submit, map_over


class _Item:
    def __init__(self, of: Any, key: str) -> None:
        self.of, self.key = of, key


class _Template:
    def __init__(self, source: Any) -> None:
        self.source = source


def runtime(log: Log) -> ModuleType:
    """Give a module that answers to all of the runtime's names and only notes."""

    def submit(
        work: Any, *args: Any, after: Any = (), rule: str = "all_success", kind: str = "task",
        depends_on_past: bool = False, then: Any = None, first: Any = (), groups: Any = None, **kw: Any,
    ) -> Any:  # fmt: skip
        made = Call(work, "runtime", args, kw, names_in(after), rule, kind, past=depends_on_past)
        made.then, made.first, made.groups = then is not None, first, groups
        return log.add(made)

    def expand(
        work: Any,
        *,
        over: Any = None,
        each: Any = None,
        after: Any = (),
        rule: str = "all_success",
        depends_on_past: bool = False,
        then: Any = None,
        first: Any = (),
        **fixed: Any,
    ) -> Any:
        copies = None
        if over is not None and all(isinstance(value, list | tuple) for value in over.values()):
            rows = itertools.islice(itertools.product(*over.values()), LIMIT)
            copies = [dict(zip(over, row, strict=True)) for row in rows]
        given = over if over is not None else {"each": each}
        made = Call(work, "expand", (), fixed, names_in(after), rule, "task", copies, given, depends_on_past)
        made.then, made.first = then is not None, first
        return log.add(made)

    def begin(**given: Any) -> Any:
        log.begun = given
        return log.start

    module = _Anything("replant_runtime")
    module.__dict__.update(
        submit=submit, expand=expand, item=_Item, template=lambda source, **_: _Template(source),
        begin=begin, with_context=with_context,
        chooses=chooses, **{kind: _condition(kind) for kind in ("run_if", "skip_if", "calls")},
    )  # fmt: skip
    return module


class _Condition:
    """What is called before a task's own work."""

    def __init__(self, kind: str, function: Any, message: Any) -> None:
        self.note = [kind, getattr(function, "__name__", "?"), message]


def _condition(kind: str) -> Any:
    return lambda function, message=None: _Condition(kind, function, message)


class _Anything(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("Exception"):
            return type(name, (Exception,), {})
        if name[:1].isupper():
            return type(name, (), {"__init__": lambda self, *a, **k: None, "get": staticmethod(_variable)})
        return lambda *args, **kwargs: args[0] if len(args) == 1 and callable(args[0]) else (lambda *_: None)


def _variable(key: str, *_: Any, **__: Any) -> str:
    return f"variable {key}"


def names_in(value: Any) -> list[str]:
    """Find the tasks whose results are inside a value."""
    if isinstance(value, Noted):
        return [value.note_name]
    if isinstance(value, _Item):
        return names_in(value.of)
    if isinstance(value, BaseAnnotation):
        return names_in(value.unwrap())
    if isinstance(value, dict):
        return [name for one in value.values() for name in names_in(one)]
    if isinstance(value, list | tuple | set):
        return [name for one in value for name in names_in(one)]
    return []


def plain(value: Any) -> Any:
    """Give a value as plain JSON, comparable with what the recorder gives."""
    if isinstance(value, Noted):
        return {"$result": value.note_name, "key": value.note_key}
    if isinstance(value, _Item):
        return {**plain(value.of), "key": value.key}
    if isinstance(value, _Template):
        return plain(value.source)
    if isinstance(value, _Condition):
        return value.note
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(one) for one in value), key=str)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, Flow):
        return {"$flow": value.name}
    if isinstance(value, datetime.datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, datetime.timedelta):
        return {"$timedelta": value.total_seconds()}
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return {"$other": getattr(value, "__name__", type(value).__name__)}
