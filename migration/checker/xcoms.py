"""What functions push and pull by the author's text; whether the flow's return and take the same.

Read with Python's own parser, apart from how the converter reads and rewrites them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migration.graph import Dag, Edge, Task

HANDLES = ("ti", "task_instance")
RESULT = "return_value"
CALLS = ("xcom_push", "xcom_pull")


@dataclass(frozen=True)
class Function:
    """One function of the author's and its XComs."""

    node: ast.FunctionDef
    pushes: Mapping[str, str]
    """The code of each value, by its key."""
    pulls: frozenset[tuple[str, str]]
    """Of which task, by which key."""


def xcom_differences(dag: Dag, source: str, text: str, seen: Mapping[str, Any]) -> Iterator[str]:
    """Give what differs in the functions of a flow that passes XComs on as results."""
    if is_tracked(seen):
        return
    calls = {call["name"]: call for call in seen["calls"]}
    known = functions_of(dag, source)
    written = {one.name: one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)}
    for task in dag.tasks:
        one = known.get(task.task_id)
        if one is None or not (one.pushes or one.pulls) or task.task_id not in calls:
            continue
        wanted = _expected(one, known)
        made = written.get(one.node.name)
        if made is None or _found(made, one, calls[task.task_id]["kwargs"], known) != wanted:
            yield f"the function of {task.task_id} does not return what it pushed, or take what it pulled"


def with_pulls(dag: Dag, source: str, seen: Mapping[str, Any]) -> Dag:
    """Give the DAG with an edge for each result that a flow without the runtime must hand on."""
    if is_tracked(seen):
        return dag
    known = functions_of(dag, source)
    pairs = {(edge.upstream, edge.downstream) for edge in dag.edges}
    new = [
        Edge(giver, task.task_id, "data", None, task.spot.line)
        for task in dag.tasks
        for giver, key in sorted(known[task.task_id].pulls if task.task_id in known else ())
        if comes(giver, key, known) and (giver, task.task_id) not in pairs
    ]
    return replace(dag, edges=(*dag.edges, *dict.fromkeys(new)))


def is_tracked(seen: Mapping[str, Any]) -> bool:
    """Say whether the runtime keeps the flow's XComs."""
    return any(call["how"] in ("runtime", "expand") for call in seen["calls"])


def functions_of(dag: Dag, source: str) -> dict[str, Function]:
    """Give the functions of the file that tasks call, by task."""
    if not any(one in source for one in CALLS):
        return {}
    nodes = {_line(one): one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.FunctionDef)}
    return {
        task.task_id: _read(nodes[line])
        for task in dag.tasks
        if (line := _line_of(task)) is not None and line in nodes
    }


def pushed_by(dag: Dag, source: str) -> dict[str, list[str]]:
    """Give the keys that each task's function pushes."""
    return {name: sorted(one.pushes) for name, one in functions_of(dag, source).items()}


def comes(giver: str, key: str, known: Mapping[str, Function]) -> bool:
    """Say whether there is something under that key."""
    keys = known[giver].pushes if giver in known else {}
    return key in keys if keys else key == RESULT


def _line(node: ast.FunctionDef) -> int:
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def _line_of(task: Task) -> int | None:
    reference = task.get("python_callable")
    return int(reference["line"]) if isinstance(reference, dict) and "line" in reference else None


def _read(node: ast.FunctionDef) -> Function:
    pushes, pulls = {}, set()
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in CALLS:
            given = _given(
                one, ("key", "value") if one.func.attr == CALLS[0] else ("task_ids", "dag_id", "key")
            )
            if one.func.attr == CALLS[0]:
                pushes[_fixed(given.get("key"))] = ast.unparse(given.get("value", ast.Constant(None)))
            else:
                pulls.add(_pull(one))
    return Function(node, pushes, frozenset(pulls))


def _given(call: ast.Call, names: Sequence[str]) -> dict[str, ast.expr]:
    found = dict(zip(names, call.args, strict=False))
    return found | {one.arg: one.value for one in call.keywords if one.arg}


def _pull(call: ast.Call) -> tuple[str, str]:
    given = _given(call, ("task_ids", "dag_id", "key"))
    return _fixed(given.get("task_ids")), _fixed(given["key"]) if "key" in given else RESULT


def _fixed(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "?"


def _name(giver: str, key: str) -> ast.expr:
    return ast.Constant(f"{key} of {giver}")


class _Pulls(ast.NodeTransformer):
    """Puts a mark for each pull; None where nothing comes."""

    def __init__(self, known: Mapping[str, Function]) -> None:
        self._known = known

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or node.func.attr != CALLS[1]:
            return node
        giver, key = _pull(node)
        return _name(giver, key) if comes(giver, key, self._known) else ast.Constant(None)


class _Parameters(ast.NodeTransformer):
    """Puts the same marks for parameters that take results."""

    def __init__(self, marks: Mapping[str, tuple[str, list[str]]]) -> None:
        self._marks = marks

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        giver, keys = self._marks.get(name, ("", []))
        if len(keys) > 1 and isinstance(node.slice, ast.Constant) and node.slice.value in keys:
            return _name(giver, str(node.slice.value))
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        giver, keys = self._marks.get(node.id, ("", []))
        return _name(giver, keys[0]) if len(keys) == 1 else node


def _expected(one: Function, known: Mapping[str, Function]) -> list[str]:
    """Give the statements that the function must have: what it takes first, what it returns last."""
    first: list[str] = []
    body: list[str] = []
    for statement in _parsed(one.node).body:
        new = ast.unparse(_plain(_Pulls(known).visit(statement)))
        call = statement.value if isinstance(statement, ast.Expr) else None
        is_push = isinstance(call, ast.Call) and ast.unparse(call.func).endswith(f".{CALLS[0]}")
        if _takes_mark(statement):
            first.append(new)
        elif not is_push and not _is_handle(statement):
            body.append(new)
    values = {key: ast.unparse(_Pulls(known).visit(ast.parse(code))) for key, code in one.pushes.items()}
    return [*sorted(first), *(body or ["pass"][len(values) :]), *_returned(values)]


def _found(
    made: ast.FunctionDef, one: Function, given: Mapping[str, Any], known: Mapping[str, Function]
) -> list[str]:
    """Give the statements of the written function, with marks for what its call is given."""
    taken = {
        name: (value["$result"], sorted(known[value["$result"]].pushes) if value["$result"] in known else [])
        for name, value in given.items()
        if isinstance(value, dict) and "$result" in value
    }
    own = {one.arg for one in ast.walk(one.node.args) if isinstance(one, ast.arg)}
    marks = {name: (giver, keys or [RESULT]) for name, (giver, keys) in taken.items() if name not in own}
    held = {name for name, (_, keys) in marks.items() if len(keys) == 1 and _assigns(one.node, name)}
    first = [f"{name} = {ast.unparse(_name(marks[name][0], marks[name][1][0]))}" for name in held]
    body: list[str] = []
    for statement in _parsed(made).body:
        inline = {name: mark for name, mark in marks.items() if name not in held}
        new = _plain(_Parameters(inline).visit(statement))
        (first if _takes_mark(new) else body).append(ast.unparse(new))
    return [*sorted(first), *body]


def _parsed(node: ast.FunctionDef) -> ast.FunctionDef:
    """Give a copy of the function without Airflow's imports."""
    copy = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(copy, ast.FunctionDef)  # noqa: S101
    copy.body = [
        one for one in copy.body
        if not (isinstance(one, ast.ImportFrom) and str(one.module).startswith("airflow"))
    ]  # fmt: skip
    return copy


def _plain(node: Any) -> Any:
    """Give an assignment without its annotation."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.fix_missing_locations(ast.Assign([node.target], node.value))
    return node


def _takes_mark(statement: ast.stmt) -> bool:
    """Say whether a statement only gives a variable what is pulled."""
    value = getattr(statement, "value", None) if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    text = value.value if isinstance(value, ast.Constant) else None
    return isinstance(text, str) and " of " in text


def _is_handle(statement: ast.stmt) -> bool:
    """Say whether a statement only gives the task instance a name."""
    value = getattr(statement, "value", None) if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    index = value.slice if isinstance(value, ast.Subscript) else None
    return isinstance(index, ast.Constant) and index.value in HANDLES


def _assigns(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store)
        for one in ast.walk(node)
    )


def _returned(values: Mapping[str, str]) -> list[str]:
    if len(values) < 2:
        return [f"return {value}" for value in values.values()]
    pairs = ", ".join(f"{key!r}: {value}" for key, value in values.items())
    return [ast.unparse(ast.parse(f"return {{{pairs}}}"))]
