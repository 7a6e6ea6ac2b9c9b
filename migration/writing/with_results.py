"""The tasks of a DAG with results as arguments, in place of what they pull from XCom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migration.author.pulled_texts import parts_of
from migration.author.results import NONE, WHOLE
from migration.author.xcoms import RESULT, Pull, gives_text
from migration.graph import Argument, Dag, Edge, Task
from migration.writing.pulled import (
    BASH,
    WORD,
    NotCertainError,
    Passing,
    function_at,
    kind_of,
    line_of,
    note,
    way_of,
)

TEMPLATED = ("op_kwargs", "op_args", "templates_dict", "call_arguments")
"""Arguments whose values may be results; in others a pulled value can only be known to be None."""


def with_results(dag: Dag, passing: Passing) -> Dag:
    """Give the DAG with results as arguments, and the edges that come of it."""
    tasks = tuple(_task_with_results(task, dag, passing) for task in dag.tasks)
    edges = list(dag.edges)
    for task, new in zip(dag.tasks, tasks, strict=True):
        for other in dag.tasks:
            before = [one.value for one in task.arguments]
            if not is_read([one.value for one in new.arguments], other.task_id) or is_read(
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
    line = line_of(task, passing.source)
    parameters = passing.parameters.get(line, {}) if line is not None else {}
    if not parameters:
        return task
    where = "call_arguments" if task.decorator else "op_kwargs"
    given = task.get(where) or {}
    if not isinstance(given, dict) or "$symbol" in given or "$dict" in given or set(given) & set(parameters):
        raise NotCertainError
    starred = any(name.startswith("*") for name in given) or bool(task.get("op_args"))
    if starred or (task.get("op_kwargs") and where != "op_kwargs"):
        raise NotCertainError
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
        raise NotCertainError
    ways = {one: way_of(one, task, dag, passing) for one in parts if isinstance(one, Pull)}
    note(task, dag, passing, {**passing.ways.get(line_of(task, passing.source) or 0, {}), **ways})
    if all(way == NONE for way in ways.values()) and not dag.arguments.get("render_template_as_native_obj"):
        return "".join("None" if isinstance(one, Pull) else one for one in parts)
    if len(parts) != 1 or name not in TEMPLATED or ways[parts[0]] != WHOLE:  # type: ignore[index]
        raise NotCertainError
    giver = dag.task(next(iter(ways)).task_id)
    if not _is_text(giver, next(iter(ways)).key, passing):
        raise NotCertainError  # Airflow renders it as one
    return _result(giver.task_id)


def _is_text(giver: Task, key: str, passing: Passing) -> bool:
    if kind_of(giver) in BASH:
        return not giver.has("output_processor")
    line = line_of(giver, passing.source)
    found = function_at(line, passing.source) if line is not None else None
    return found is not None and gives_text(found[0].code, key)


def is_read(value: Any, task_id: str) -> bool:
    if isinstance(value, dict):
        own = value.get("$result") == task_id
        return own or any(is_read(one, task_id) for one in value.values())
    return isinstance(value, list) and any(is_read(one, task_id) for one in value)
