"""Two readings of one file at different moments: what differs is computed while the file is read."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

MOVING = re.compile(r"\b(now|utcnow|today|time|monotonic|strftime|random|randint|choice|uuid1|uuid4)\(")
SHAPE = ("task_id", "operator", "decorator", "group", "marks", "bases")
CALLED = ("call", "own")


def compared(first: dict[str, Any], second: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Give the first reading, with what the second has otherwise marked as `$computed`, or as a doubt.

    A mark has the expression that gives the value, where it stands in the call itself.
    """
    if "reason" in second:
        return _doubted(first, 0, f"at another moment the file cannot be read: {second['reason']}")
    ids = [[dag["dag_id"] for dag in one["dags"]] for one in (first, second)]
    if ids[0] != ids[1]:
        return _doubted(first, 0, f"at another moment the file has the DAGs {', '.join(ids[1]) or 'none'}")
    calls = Calls(file)
    for line in calls.decisions():
        first = _doubted(first, line, "it decides by the clock or by chance while it is read")
    for dag, other in zip(first["dags"], second["dags"], strict=True):
        line = dag["spot"]["line"]
        if _shape(dag) != _shape(other):
            what = f"at another moment {dag['dag_id']} has other tasks, edges or groups"
            first = _doubted(first, line, what)
            continue
        for name in sorted(dag["arguments"].keys() | other["arguments"].keys()):
            if not _same(name, dag["arguments"].get(name), other["arguments"].get(name)):
                first = _doubted(first, line, f"at another moment {dag['dag_id']} has another {name}")
        for task, again in zip(dag["tasks"], other["tasks"], strict=True):
            _mark(task, again, calls)
    return first


def _doubted(document: dict[str, Any], line: int, what: str) -> dict[str, Any]:
    return {**document, "doubts": [*document["doubts"], {"line": line, "file": "", "what": what}]}


def _shape(dag: Mapping[str, Any]) -> Any:
    """Give all but values and places."""
    tasks = [_shape_of(task) for task in dag["tasks"]]
    edges = [(edge["upstream"], edge["downstream"], edge["kind"], edge["label"]) for edge in dag["edges"]]
    groups = [(one["group_id"], one["parent"], one["mapping"], one["options"]) for one in dag["groups"]]
    return tasks, edges, groups


def _shape_of(task: Mapping[str, Any]) -> list[Any]:
    mapping = task["mapping"] or {"kind": "", "arguments": {}}
    names = [(one["name"], one["origin"]) for one in task["arguments"]]
    return [*(task[name] for name in SHAPE), names, mapping["kind"], sorted(mapping["arguments"])]


def _same(name: str, value: Any, other: Any) -> bool:
    """Say whether a value is the same; a start that moves with the clock is one of the past."""
    if value == other or name != "start_date" or not isinstance(value, dict) or "$datetime" not in value:
        return bool(value == other)
    given = datetime.fromisoformat(value["$datetime"])
    return (given if given.tzinfo else given.replace(tzinfo=UTC)) <= datetime.now(UTC)


def _mark(task: dict[str, Any], other: Mapping[str, Any], calls: Calls) -> None:
    for argument, again in zip(task["arguments"], other["arguments"], strict=True):
        name, value = argument["name"], argument["value"]
        if not _same(name, value, again["value"]):
            node = calls.argument(task["spot"], name, value) if argument["origin"] in CALLED else None
            argument["value"] = calls.marked(value, again["value"], node, task["spot"])
    if task["mapping"]:
        given, again = task["mapping"]["arguments"], other["mapping"]["arguments"]
        for name in given:
            given[name] = calls.marked(given[name], again[name], None, task["spot"])


class Calls:
    """The calls of a file, found by their places."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: dict[tuple[int, ...], tuple[ast.Call, set[str]]] = {}
        with tokenize.open(file) as stream:
            self._tree = ast.parse(stream.read())
        self._look(self._tree, set())

    def decisions(self) -> Iterator[int]:
        """Give the lines of decisions on the clock or chance that the file takes while it is read."""
        moving: set[str] = set()
        for node in _outside_functions(self._tree):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and _moves(node, moving):
                moving |= set(_bound(node))
            if isinstance(node, ast.If | ast.IfExp | ast.While) and _moves(node.test, moving):
                yield node.lineno

    def _look(self, node: ast.AST, local: set[str]) -> None:
        if isinstance(node, ast.Call):
            place = (node.lineno, node.end_lineno or 0, node.col_offset, node.end_col_offset or 0)
            self._found[place] = node, local
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            own = {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
            local = local | own | set(_bound(node))
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            local = local | set(_bound(node))
        for child in ast.iter_child_nodes(node):
            self._look(child, local)

    def _at(self, spot: Mapping[str, Any]) -> tuple[ast.Call | None, set[str]]:
        place = (spot["line"], spot["end_line"], spot["column"], spot["end_column"])
        return self._found.get(place, (None, set())) if spot["file"] == self._file else (None, set())

    def argument(self, spot: Mapping[str, Any], name: str, value: Any) -> ast.expr | None:
        """Give the expression of an argument, if the call has it by name, or is that of a `@task`."""
        call, _ = self._at(spot)
        if call is None or any(one.arg is None for one in call.keywords):
            return None
        named = {str(one.arg): one.value for one in call.keywords}
        if name == "call_arguments" and not any(isinstance(one, ast.Starred) for one in call.args):
            named |= dict(zip(value, call.args, strict=False))
            return ast.Dict([ast.Constant(one) for one in named], list(named.values()))
        return named.get(name)

    def marked(self, value: Any, other: Any, node: ast.expr | None, spot: Mapping[str, Any]) -> Any:
        """Give a value with its parts that differ as `$computed`, in the smallest pieces that have a text."""
        if value == other:
            return value
        parts = _parts(value, other, node)
        if parts is None:
            known = set(self._at(spot)[1])
            names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} if node else set()
            text = ast.unparse(node) if node is not None and not names & known else ""
            return {"$computed": text, "was": [value, other]}
        if isinstance(value, list):
            return [self.marked(value[key], other[key], parts[key], spot) for key in range(len(value))]
        return {key: self.marked(value[key], other[key], parts[key], spot) for key in value}


def _bound(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
            yield one.id


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs when the file is read, in order."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _outside_functions(child)


def _moves(node: ast.AST, moving: set[str]) -> bool:
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return bool(names & moving or MOVING.search(ast.unparse(node)))


def _parts(value: Any, other: Any, node: ast.expr | None) -> Mapping[Any, ast.expr] | None:
    """Give the expressions of the items of a literal list or dictionary; None for anything else."""
    if isinstance(value, list) and isinstance(other, list) and isinstance(node, ast.List | ast.Tuple):
        is_plain = len(value) == len(other) == len(node.elts)
        return dict(enumerate(node.elts)) if is_plain else None
    if isinstance(value, dict) and isinstance(other, dict) and isinstance(node, ast.Dict):
        keys = [one.value if isinstance(one, ast.Constant) else None for one in node.keys]
        is_plain = list(value) == list(other) and set(value) == set(keys)
        return dict(zip(keys, node.values, strict=True)) if is_plain else None
    return None
