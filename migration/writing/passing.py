"""XComs by key as results passed from task to task: the DAGs as if their authors had written that.

All uses of XCom in a file must be certain: what is pushed, by whom, and that it is there when it is pulled.
Else nothing is changed, and the runtime keeps XComs.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migration.author.certain import refers
from migration.author.results import Exchanged, exchanged
from migration.author.source import Source
from migration.author.xcoms import Exchange, Pull, exchange_of
from migration.graph import Argument, Dag, Task
from migration.writing.plan import Claim
from migration.writing.pulled import (
    WORD,
    NotCertainError,
    Passing,
    function_at,
    is_mapped,
    line_of,
    note,
    way_of,
)
from migration.writing.with_results import is_read, with_results


@dataclass(frozen=True)
class Passed:
    """The DAGs with XComs as results and arguments."""

    dags: tuple[Dag, ...]
    notes: Mapping[tuple[str, str], Claim]


def passed(dags: Sequence[Dag], source: Source) -> Passed | None:
    """Give the DAGs with XComs as results and arguments, the functions of the source rewritten.

    None where there are no XComs, or one of them is not certain.
    """
    if not WORD.search(source.text):
        return None
    passing = Passing(source)
    try:
        for dag in dags:
            _read(dag, passing)
        _account_for_all(passing)
        if any(_calls_otherwise(dag, passing) for dag in dags):
            raise NotCertainError
        for dag in dags:
            _find_ways(dag, passing)
        written = {line: _written(one, passing.ways.get(line, {})) for line, one in passing.exchanges.items()}
        passing.parameters = {line: one.parameters for line, one in written.items()}
        found = tuple(with_results(dag, passing) for dag in dags)
    except NotCertainError:
        return None
    for line, one in written.items():
        statement = source.at_line(line)
        if statement is not None:
            statement.node = one.node
    return Passed(found, passing.notes)


def _read(dag: Dag, passing: Passing) -> None:
    """Read the functions of a DAG's tasks that have XComs."""
    for task in dag.tasks:
        line = line_of(task, passing.source)
        found = function_at(line, passing.source) if line is not None else None
        if line is None or found is None or not WORD.search(found[0].code):
            continue
        statement, node = found
        exchange = exchange_of(node)
        called = any(statement.binds & one.needs and one is not statement for one in passing.source.statements
                     if not one.tainted)  # fmt: skip
        if exchange is None or called or is_mapped(task, dag) or task.get("multiple_outputs"):
            raise NotCertainError
        passing.exchanges[line] = exchange


def _account_for_all(passing: Passing) -> None:
    """Make sure that no other code uses XComs."""
    uses = sum(
        isinstance(one, ast.Attribute) and WORD.fullmatch(one.attr) is not None
        for one in ast.walk(ast.parse(passing.source.text))
    )
    if uses != sum(one.calls() for one in passing.exchanges.values()):
        raise NotCertainError


def _calls_otherwise(dag: Dag, passing: Passing) -> bool:
    """Say whether a callback, or a task of another kind, calls one of the functions, too."""
    tasks = [one.value for task in dag.tasks for one in task.arguments if not _is_called(one, task, passing)]
    return refers([tasks, list(dag.arguments.values())], str(passing.source.path), passing.exchanges)


def _is_called(argument: Argument, task: Task, passing: Passing) -> bool:
    return argument.name == "python_callable" and line_of(task, passing.source) is not None


def _find_ways(dag: Dag, passing: Passing) -> None:
    """Find out how each function gets what it pulls; all tasks that call it must agree."""
    for task in dag.tasks:
        line = line_of(task, passing.source)
        exchange = passing.exchanges.get(line) if line is not None else None
        if line is None or exchange is None:
            continue
        if exchange.pushes and any(is_read(value, task.task_id) for value in _values(dag)):
            raise NotCertainError
        ways = {pull: way_of(pull, task, dag, passing) for _, pull in exchange.pulls}
        if passing.ways.setdefault(line, ways) != ways:
            raise NotCertainError
        note(task, dag, passing, ways, exchange.keys)


def _values(dag: Dag) -> list[Any]:
    mapped = [task.mapping.arguments for task in dag.tasks if task.mapping is not None]
    return [*(one.value for task in dag.tasks for one in task.arguments), *(dict(one) for one in mapped)]


def _written(exchange: Exchange, ways: Mapping[Pull, str]) -> Exchanged:
    made = exchanged(exchange, ways)
    if made is None:
        raise NotCertainError
    return made
