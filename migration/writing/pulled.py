"""How each value that a function pulls from XCom comes to it: as a result, a part of one, or as None."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from migration.author.certain import calls_others
from migration.author.results import NONE, PART, WHOLE
from migration.author.source import Source, Statement
from migration.author.xcoms import RESULT, Exchange, Pull
from migration.graph import Dag, Task
from migration.writing.plan import Claim, equivalent

PYTHON = frozenset({"PythonOperator", "@task", "@task.python"})
BASH = frozenset({"BashOperator"})
WORD = re.compile(r"\bxcom_(push|pull)\b")


class NotCertainError(Exception):
    """An XCom that only the runtime can keep."""


@dataclass
class Passing:
    """The XComs of one file."""

    source: Source
    exchanges: dict[int, Exchange] = field(default_factory=dict)
    """By the line of the function."""
    ways: dict[int, dict[Pull, str]] = field(default_factory=dict)
    parameters: dict[int, Mapping[str, str]] = field(default_factory=dict)
    notes: dict[tuple[str, str], Claim] = field(default_factory=dict)
    """What becomes of a task's XComs, by the ids of its DAG and of itself."""


def kind_of(task: Task) -> str:
    return f"@{task.decorator}" if task.decorator else task.operator


def line_of(task: Task, source: Source) -> int | None:
    """Give the line of the function of this file that a Python task calls."""
    reference = task.get("python_callable")
    if kind_of(task) not in PYTHON or task.own or not isinstance(reference, dict):
        return None
    if reference.get("file") != str(source.path) or "<lambda>" in str(reference.get("$callable", "<lambda>")):
        return None
    return int(reference["line"])


def function_at(line: int, source: Source) -> tuple[Statement, cst.FunctionDef] | None:
    statement = source.at_line(line)
    if statement is None or not isinstance(statement.node, cst.FunctionDef):
        return None
    return statement, statement.node


def is_mapped(task: Task, dag: Dag) -> bool:
    return task.mapping is not None or any(group.mapping is not None for group in dag.groups)


def note(task: Task, dag: Dag, passing: Passing, ways: Mapping[Pull, str], keys: Sequence[str] = ()) -> None:
    """Say in the manifest what becomes of a task's XComs."""
    parts = ["what it pushes is its result"] if keys else []
    parts += ["what it pulls is an argument"] if set(ways.values()) - {NONE} else []
    parts += [
        f"{one.task_id} pushes no {one.key}: None, as in Airflow" for one, way in ways.items() if way == NONE
    ]
    passing.notes[dag.dag_id, task.task_id] = equivalent("; ".join(parts), "results")


def way_of(pull: Pull, task: Task, dag: Dag, passing: Passing) -> str:
    """Say how a pulled value comes."""
    known = {one.task_id: one for one in dag.tasks}
    giver = known.get(pull.task_id)
    if giver is None or pull.dag_id not in (None, dag.dag_id) or giver.has("do_xcom_push"):
        raise NotCertainError
    if is_mapped(giver, dag) or not _has_succeeded(pull.task_id, task.task_id, dag):
        raise NotCertainError
    if kind_of(giver) in BASH and pull.key == RESULT:
        return WHOLE
    line = line_of(giver, passing.source)
    found = function_at(line, passing.source) if line is not None else None
    if line is None or found is None:
        raise NotCertainError
    exchange = passing.exchanges.get(line)
    if exchange is not None and exchange.pushes:
        if pull.key not in exchange.keys:
            return _none(found[0], passing.source)
        return WHOLE if len(exchange.keys) == 1 else PART
    if pull.key == RESULT:
        return WHOLE
    if giver.get("multiple_outputs") or found[1].returns is not None:
        raise NotCertainError  # Airflow may push each key of what it returns
    return _none(found[0], passing.source)


def _none(giver: Statement, source: Source) -> str:
    """Make sure that nothing else that a function calls may push for it."""
    if calls_others(giver, source):
        raise NotCertainError
    return NONE


def _has_succeeded(upstream: str, downstream: str, dag: Dag) -> bool:
    """Say whether a task has succeeded whenever the other one runs."""
    waiting, seen = [downstream], set()
    while waiting:
        name = waiting.pop()
        if name in seen or dag.task(name).get("trigger_rule", "all_success") != "all_success":
            continue
        seen.add(name)
        before = dag.before(name)
        if upstream in before:
            return True
        waiting += before
    return False
