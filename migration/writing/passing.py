"""XComs by key as results passed from task to task: the DAGs as if their authors had written that.

All uses of XCom in a file must be certain: what is pushed, by whom, and that it is there when it is pulled.
Else nothing is changed, and the runtime keeps XComs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import libcst as cst

from migration.author.certain import calls_others, refers
from migration.author.pulled_texts import parts_of
from migration.author.results import NONE, PART, WHOLE, Exchanged, exchanged
from migration.author.source import Source, Statement
from migration.author.xcoms import RESULT, Exchange, Pull, exchange_of, gives_text
from migration.graph import Argument, Dag, Edge, Task
from migration.writing.plan import Claim, equivalent

PYTHON = frozenset({"PythonOperator", "@task", "@task.python"})
BASH = frozenset({"BashOperator"})
TEMPLATED = ("op_kwargs", "op_args", "templates_dict", "call_arguments")
"""Arguments whose values may be results; in others a pulled value can only be known to be None."""
WORD = re.compile(r"\bxcom_(push|pull)\b")


class _NotCertainError(Exception):
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
            raise _NotCertainError
        for dag in dags:
            _find_ways(dag, passing)
        written = {line: _written(one, passing.ways.get(line, {})) for line, one in passing.exchanges.items()}
        passing.parameters = {line: one.parameters for line, one in written.items()}
        found = tuple(_with_results(dag, passing) for dag in dags)
    except _NotCertainError:
        return None
    for line, one in written.items():
        statement = source.at_line(line)
        if statement is not None:
            statement.node = one.node
    return Passed(found, passing.notes)


def _kind(task: Task) -> str:
    return f"@{task.decorator}" if task.decorator else task.operator


def _line(task: Task, source: Source) -> int | None:
    """Give the line of the function of this file that a Python task calls."""
    reference = task.get("python_callable")
    if _kind(task) not in PYTHON or task.own or not isinstance(reference, dict):
        return None
    if reference.get("file") != str(source.path) or "<lambda>" in str(reference.get("$callable", "<lambda>")):
        return None
    return int(reference["line"])


def _function(line: int, source: Source) -> tuple[Statement, cst.FunctionDef] | None:
    statement = source.at_line(line)
    if statement is None or not isinstance(statement.node, cst.FunctionDef):
        return None
    return statement, statement.node


def _read(dag: Dag, passing: Passing) -> None:
    """Read the functions of a DAG's tasks that have XComs."""
    for task in dag.tasks:
        line = _line(task, passing.source)
        found = _function(line, passing.source) if line is not None else None
        if line is None or found is None or not WORD.search(found[0].code):
            continue
        statement, node = found
        exchange = exchange_of(node)
        called = any(statement.binds & one.needs and one is not statement for one in passing.source.statements
                     if not one.tainted)  # fmt: skip
        if exchange is None or called or _is_mapped(task, dag) or task.get("multiple_outputs"):
            raise _NotCertainError
        passing.exchanges[line] = exchange


def _is_mapped(task: Task, dag: Dag) -> bool:
    return task.mapping is not None or any(group.mapping is not None for group in dag.groups)


def _account_for_all(passing: Passing) -> None:
    """Make sure that no other code uses XComs."""
    uses = sum(
        isinstance(one, ast.Attribute) and WORD.fullmatch(one.attr) is not None
        for one in ast.walk(ast.parse(passing.source.text))
    )
    if uses != sum(one.calls() for one in passing.exchanges.values()):
        raise _NotCertainError


def _calls_otherwise(dag: Dag, passing: Passing) -> bool:
    """Say whether a callback, or a task of another kind, calls one of the functions, too."""
    tasks = [one.value for task in dag.tasks for one in task.arguments if not _is_called(one, task, passing)]
    return refers([tasks, list(dag.arguments.values())], str(passing.source.path), passing.exchanges)


def _is_called(argument: Argument, task: Task, passing: Passing) -> bool:
    return argument.name == "python_callable" and _line(task, passing.source) is not None


def _find_ways(dag: Dag, passing: Passing) -> None:
    """Find out how each function gets what it pulls; all tasks that call it must agree."""
    for task in dag.tasks:
        line = _line(task, passing.source)
        exchange = passing.exchanges.get(line) if line is not None else None
        if line is None or exchange is None:
            continue
        if exchange.pushes and any(_is_read(value, task.task_id) for value in _values(dag)):
            raise _NotCertainError
        ways = {pull: _way(pull, task, dag, passing) for _, pull in exchange.pulls}
        if passing.ways.setdefault(line, ways) != ways:
            raise _NotCertainError
        _note(task, dag, passing, ways, exchange.keys)


def _note(task: Task, dag: Dag, passing: Passing, ways: Mapping[Pull, str], keys: Sequence[str] = ()) -> None:
    """Say in the manifest what becomes of a task's XComs."""
    parts = ["what it pushes is its result"] if keys else []
    parts += ["what it pulls is an argument"] if set(ways.values()) - {NONE} else []
    parts += [
        f"{one.task_id} pushes no {one.key}: None, as in Airflow" for one, way in ways.items() if way == NONE
    ]
    passing.notes[dag.dag_id, task.task_id] = equivalent("; ".join(parts), "results")


def _values(dag: Dag) -> list[Any]:
    mapped = [task.mapping.arguments for task in dag.tasks if task.mapping is not None]
    return [*(one.value for task in dag.tasks for one in task.arguments), *(dict(one) for one in mapped)]


def _is_read(value: Any, task_id: str) -> bool:
    if isinstance(value, dict):
        own = value.get("$result") == task_id
        return own or any(_is_read(one, task_id) for one in value.values())
    return isinstance(value, list) and any(_is_read(one, task_id) for one in value)


def _way(pull: Pull, task: Task, dag: Dag, passing: Passing) -> str:
    """Say how a pulled value comes."""
    known = {one.task_id: one for one in dag.tasks}
    giver = known.get(pull.task_id)
    if giver is None or pull.dag_id not in (None, dag.dag_id) or giver.has("do_xcom_push"):
        raise _NotCertainError
    if _is_mapped(giver, dag) or not _has_succeeded(pull.task_id, task.task_id, dag):
        raise _NotCertainError
    if _kind(giver) in BASH and pull.key == RESULT:
        return WHOLE
    line = _line(giver, passing.source)
    found = _function(line, passing.source) if line is not None else None
    if line is None or found is None:
        raise _NotCertainError
    exchange = passing.exchanges.get(line)
    if exchange is not None and exchange.pushes:
        if pull.key not in exchange.keys:
            return _none(found[0], passing.source)
        return WHOLE if len(exchange.keys) == 1 else PART
    if pull.key == RESULT:
        return WHOLE
    if giver.get("multiple_outputs") or found[1].returns is not None:
        raise _NotCertainError  # Airflow may push each key of what it returns
    return _none(found[0], passing.source)


def _none(giver: Statement, source: Source) -> str:
    """Make sure that nothing else that a function calls may push for it."""
    if calls_others(giver, source):
        raise _NotCertainError
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


def _written(exchange: Exchange, ways: Mapping[Pull, str]) -> Exchanged:
    made = exchanged(exchange, ways)
    if made is None:
        raise _NotCertainError
    return made


def _with_results(dag: Dag, passing: Passing) -> Dag:
    """Give the DAG with results as arguments, and the edges that come of it."""
    tasks = tuple(_task_with_results(task, dag, passing) for task in dag.tasks)
    edges = list(dag.edges)
    for task, new in zip(dag.tasks, tasks, strict=True):
        for other in dag.tasks:
            before = [one.value for one in task.arguments]
            if not _is_read([one.value for one in new.arguments], other.task_id) or _is_read(
                before, other.task_id
            ):
                continue
            pair = (other.task_id, task.task_id)
            places = [n for n, one in enumerate(edges) if (one.upstream, one.downstream) == pair]
            for place in places:
                edges[place] = replace(edges[place], kind="data")
            if not places:
                edges.append(Edge(*pair, "data", None, task.spot.line))
    return replace(dag, tasks=tasks, edges=tuple(edges))


def _task_with_results(task: Task, dag: Dag, passing: Passing) -> Task:
    arguments = tuple(
        replace(one, value=_rendered(one.value, one.name, task, dag, passing)) for one in task.arguments
    )
    task = replace(task, arguments=arguments)
    line = _line(task, passing.source)
    parameters = passing.parameters.get(line, {}) if line is not None else {}
    if not parameters:
        return task
    where = "call_arguments" if task.decorator else "op_kwargs"
    given = task.get(where) or {}
    if not isinstance(given, dict) or "$symbol" in given or "$dict" in given or set(given) & set(parameters):
        raise _NotCertainError
    starred = any(name.startswith("*") for name in given) or bool(task.get("op_args"))
    if starred or (task.get("op_kwargs") and where != "op_kwargs"):
        raise _NotCertainError
    results = {name: _result(task_id) for name, task_id in parameters.items()}
    rest = tuple(one for one in task.arguments if one.name != where)
    return replace(task, arguments=(*rest, Argument(where, {**given, **results}, "call")))


def _result(task_id: str) -> dict[str, Any]:
    return {"$result": task_id, "key": RESULT, "steps": []}


def _rendered(value: Any, name: str, task: Task, dag: Dag, passing: Passing) -> Any:
    """Give a value with results instead of templates that pull them."""
    if isinstance(value, dict):
        return {key: _rendered(one, name, task, dag, passing) for key, one in value.items()}
    if isinstance(value, list):
        return [_rendered(one, name, task, dag, passing) for one in value]
    if not isinstance(value, str) or not WORD.search(value):
        return value
    parts = parts_of(value)
    if parts is None:
        raise _NotCertainError
    ways = {one: _way(one, task, dag, passing) for one in parts if isinstance(one, Pull)}
    _note(task, dag, passing, {**passing.ways.get(_line(task, passing.source) or 0, {}), **ways})
    if all(way == NONE for way in ways.values()) and not dag.arguments.get("render_template_as_native_obj"):
        return "".join("None" if isinstance(one, Pull) else one for one in parts)
    if len(parts) != 1 or name not in TEMPLATED or ways[parts[0]] != WHOLE:  # type: ignore[index]
        raise _NotCertainError
    giver = dag.task(next(iter(ways)).task_id)
    if not _is_text(giver, next(iter(ways)).key, passing):
        raise _NotCertainError  # Airflow renders it as one
    return _result(giver.task_id)


def _is_text(giver: Task, key: str, passing: Passing) -> bool:
    if _kind(giver) in BASH:
        return not giver.has("output_processor")
    line = _line(giver, passing.source)
    found = _function(line, passing.source) if line is not None else None
    return found is not None and gives_text(found[0].code, key)
