"""Which Variables and Connections a Python module reads: by its syntax tree, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from blocks.jinja_uses import template_reads
from blocks.settings import Kind

_CLASSES = ("Variable", "BaseHook", "Connection")
_GETTERS = ("get_connection", "get_connections", "get_connection_from_secrets")
_DEEPEST = 5
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Read(NamedTuple):
    """One place; the name is None where it is computed."""

    kind: Kind
    name: str | None
    line: int
    how: str


class _Asked(NamedTuple):
    """An expression that names a setting, inside of a function or not."""

    kind: Kind
    expression: ast.expr
    how: str
    function: Function | None


def python_reads(text: str, file: str) -> Iterator[Read]:
    """Give every place where a module reads a setting, each once. Raises SyntaxError."""
    tree = ast.parse(text, file)
    reader = _Reader(_aliases(tree))
    reader.visit(tree)
    names = _Names(tree)
    reads = list(reader.templates)
    for asked in reader.asked:
        reads += names.resolved(asked, _DEEPEST)
    yield from dict.fromkeys(reads)


class _Names:
    """What the names of a module stand for, where that can be told."""

    def __init__(self, tree: ast.Module) -> None:
        self._params = _params(tree)
        self._calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        self._callers = _enclosing(tree)
        self._bound: dict[str, ast.expr | None] = {}
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            for target in targets:
                if isinstance(target, ast.Name):
                    # bound twice: it cannot be told which one counts
                    self._bound[target.id] = None if target.id in self._bound else value

    def resolved(self, asked: _Asked, depth: int) -> list[Read]:
        """Give the reads that an expression stands for: of a function's parameter, one per call of it."""
        expression, function = asked.expression, asked.function
        if isinstance(expression, ast.Constant) and not isinstance(expression.value, str):
            return []  # None: the default
        text = self._text(expression, depth)
        if text is not None:
            return [] if "{{" in text else [Read(asked.kind, text, expression.lineno, asked.how)]
        if isinstance(expression, ast.Name) and function is not None and depth:
            position = _position(function, expression.id)
            calls = [] if position is None else self._arguments(function, position, expression.id)
            reads = [
                read
                for argument, caller in calls
                for read in self.resolved(
                    _Asked(asked.kind, argument, f"{asked.how} in {function.name}()", caller), depth - 1
                )
            ]
            if reads:
                return reads
        return [Read(asked.kind, None, expression.lineno, asked.how)]

    def _text(self, expression: ast.expr, depth: int) -> str | None:
        if isinstance(expression, ast.Constant):
            return expression.value if isinstance(expression.value, str) else None
        if isinstance(expression, ast.Name) and depth:
            bound = self._bound.get(expression.id)
            return None if bound is None else self._text(bound, depth - 1)
        if isinstance(expression, ast.Subscript) and "params" in ast.unparse(expression.value):
            return self._params.get(literal(expression.slice) or "")
        return None

    def _arguments(
        self, function: Function, position: int, name: str
    ) -> list[tuple[ast.expr, Function | None]]:
        """Give what the module's calls of a function pass for one parameter."""
        found = []
        for call in self._calls:
            if _called(call) != function.name:
                continue
            given = [keyword.value for keyword in call.keywords if keyword.arg == name]
            given += call.args[position : position + 1]
            found += [(argument, self._callers.get(id(call))) for argument in given[:1]]
        return found


class _Reader(ast.NodeVisitor):
    """Collects the expressions that name settings, and the templates in texts."""

    def __init__(self, aliases: dict[str, str]) -> None:
        self.asked: list[_Asked] = []
        self.templates: list[Read] = []
        self._aliases = aliases
        self._function: Function | None = None

    def visit_Call(self, node: ast.Call) -> None:
        self._getter(node)
        name = _called(node)
        if name.endswith("Hook") and node.args:
            self._add("connection", node.args[0], f"{name}()")
        for keyword in node.keywords:
            if keyword.arg and _is_connection_name(keyword.arg):
                self._add("connection", keyword.value, keyword.arg)
        self.generic_visit(node)

    def _getter(self, node: ast.Call) -> None:
        function = node.func
        if not isinstance(function, ast.Attribute):
            return
        owner = function.value
        name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
        owner_class = self._aliases.get(name, "")
        asked = node.args[0] if node.args else None
        for keyword in node.keywords:
            if keyword.arg in ("key", "conn_id") and owner_class:
                asked = keyword.value
        if asked is None:
            return
        if owner_class == "Variable" and function.attr == "get":
            self._add("variable", asked, "Variable.get")
        elif function.attr in _GETTERS or (owner_class == "Connection" and function.attr == "get"):
            self._add("connection", asked, function.attr)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            name = literal(key)
            if name is not None and _is_connection_name(name):
                self._add("connection", value, name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def _visit_function(self, node: Function) -> None:
        for argument, default in _defaults(node):
            if _is_connection_name(argument) and literal(default) is not None:
                self._add("connection", default, f"{argument} of {node.name}()")
        outer, self._function = self._function, node
        self.generic_visit(node)
        self._function = outer

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            for kind, name, line in template_reads(node.value):
                self.templates.append(Read(kind, name, node.lineno + line - 1, "Jinja"))

    def _add(self, kind: Kind, expression: ast.expr, how: str) -> None:
        self.asked.append(_Asked(kind, expression, how, self._function))


def literal(node: ast.AST | None) -> str | None:
    """Give the text that a literal is, or None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else str(getattr(function, "attr", ""))


def _position(function: Function, parameter: str) -> int | None:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return names.index(parameter) if parameter in names else None


def _defaults(function: Function) -> Iterator[tuple[str, ast.expr]]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    for argument, default in zip(arguments[::-1], function.args.defaults[::-1], strict=False):
        yield argument.arg, default
    for argument, kw_default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if kw_default is not None:
            yield argument.arg, kw_default


def _enclosing(tree: ast.Module) -> dict[int, Function]:
    """Give the innermost function around each call."""
    found: dict[int, Function] = {}
    for function in ast.walk(tree):  # outer functions come first
        if isinstance(function, Function):
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    found[id(node)] = function
    return found


def _params(tree: ast.Module) -> dict[str, str]:
    """Give the DAGs' params that have a text as their default: `params={"connection": Param("x")}`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "params" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                name = literal(key)
                text = literal(value.args[0] if isinstance(value, ast.Call) and value.args else value)
                if name is not None and text is not None:
                    found[name] = text
    return found


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Give the names under which a module has Airflow's classes."""
    found = {name: name for name in _CLASSES}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                if name.name in _CLASSES:
                    found[name.asname or name.name] = name.name
    return found


def _is_connection_name(name: str) -> bool:
    return name == "conn_id" or name.endswith("_conn_id")
