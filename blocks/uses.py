"""Which Variables and Connections DAG files read, found by reading them, not by running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from blocks.jinja_uses import template_reads
from blocks.settings import Kind
from pipelines.errors import CannotProceedError

TEMPLATE_SUFFIXES = (
    ".sql",
    ".sh",
    ".bash",
    ".j2",
    ".jinja",
    ".jinja2",
    ".json",
    ".yaml",
    ".yml",
    ".txt",
    ".html",
)
_CLASSES = ("Variable", "BaseHook", "Connection")
_GETTERS = ("get_connection", "get_connections", "get_connection_from_secrets")


@dataclass(frozen=True)
class Use:
    """One place where a setting is read."""

    kind: Kind
    name: str | None
    """None: the name is computed while the DAG runs."""
    file: str
    line: int
    how: str
    """Such as `Variable.get`, `Jinja`, `postgres_conn_id`."""


@dataclass(frozen=True)
class Uses:
    """Everything that was found, and files that could not be read as Python."""

    uses: tuple[Use, ...]
    unreadable: tuple[str, ...]


def find_uses(paths: Sequence[Path]) -> Uses:
    """Look through files and folders. Raises CannotProceedError if a path is not there."""
    uses: list[Use] = []
    unreadable: list[str] = []
    for path in paths:
        if not path.exists():
            raise CannotProceedError(f"{path} is not there. Give a DAG file or a folder of DAGs.")
        for file in _files(path):
            try:
                text = file.read_text(encoding="utf-8")
                uses += _in_python(text, str(file)) if file.suffix == ".py" else _in_template(text, str(file))
            except (SyntaxError, ValueError, OSError) as error:
                line = getattr(error, "lineno", None)
                unreadable.append(f"{file}{f', line {line}' if line else ''}: {type(error).__name__}")
    return Uses(
        tuple(sorted(uses, key=lambda use: (use.kind, use.name or "~", use.file, use.line))),
        tuple(unreadable),
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(path).parts)
        if file.is_file() and not hidden and file.suffix in (".py", *TEMPLATE_SUFFIXES):
            yield file


def _in_template(text: str, file: str) -> Iterator[Use]:
    for kind, name, line in template_reads(text):
        yield Use(kind, name, file, line, "Jinja")


def _in_python(text: str, file: str) -> Iterator[Use]:
    tree = ast.parse(text, file)
    reader = _Reader(file, _constants(tree), _params(tree), _aliases(tree))
    reader.visit(tree)
    yield from dict.fromkeys(reader.uses)


def _constants(tree: ast.Module) -> dict[str, str]:
    """Give the names that a module binds once, at its top, to a text."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name):
                twice |= {target.id} & set(found)
                found[target.id] = _text(getattr(node, "value", None)) or ""
    return {name: value for name, value in found.items() if value and name not in twice}


def _text(node: ast.AST | None) -> str | None:
    """Give the text that a literal is, or None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _params(tree: ast.Module) -> dict[str, str]:
    """Give the DAGs' params that have a text as their default: `params={"connection": Param("x")}`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "params" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                name = _text(key)
                default = value.args[0] if isinstance(value, ast.Call) and value.args else value
                text = _text(default)
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


class _Reader(ast.NodeVisitor):
    """Collects the places in one module."""

    def __init__(
        self, file: str, constants: Mapping[str, str], params: Mapping[str, str], aliases: Mapping[str, str]
    ) -> None:
        self.uses: list[Use] = []
        self._file = file
        self._constants = constants
        self._params = params
        self._aliases = aliases

    def visit_Call(self, node: ast.Call) -> None:
        self._getter(node)
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
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
            if keyword.arg in ("key", "conn_id"):
                asked = keyword.value
        if asked is None:
            return
        if owner_class == "Variable" and function.attr == "get":
            self._add("variable", asked, "Variable.get")
        elif function.attr in _GETTERS or (owner_class == "Connection" and function.attr == "get"):
            self._add("connection", asked, function.attr)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if (
                isinstance(key, ast.Constant)
                and isinstance(key.value, str)
                and _is_connection_name(key.value)
            ):
                self._add("connection", value, key.value)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args]
        pairs = list(zip(arguments[::-1], node.args.defaults[::-1], strict=False))
        pairs += [
            (argument, default)
            for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if default is not None
        ]
        for argument, default in pairs:
            if _is_connection_name(argument.arg) and isinstance(default, ast.Constant):
                self._add("connection", default, f"{argument.arg} of {node.name}()")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and ("{{" in node.value or "{%" in node.value):
            for kind, name, line in template_reads(node.value):
                self.uses.append(Use(kind, name, self._file, node.lineno + line - 1, "Jinja"))

    def _add(self, kind: Kind, node: ast.expr, how: str) -> None:
        name: str | None = None
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, str):
                return  # None: the default
            if "{{" in node.value:
                return  # a template, read as such
            name = node.value
        elif isinstance(node, ast.Name):
            name = self._constants.get(node.id)
        elif isinstance(node, ast.Subscript) and "params" in ast.unparse(node.value):
            name = self._params.get(_text(node.slice) or "")
            how = f"{how}, the default of the DAG's param"
        self.uses.append(Use(kind, name, self._file, node.lineno, how))


def _is_connection_name(name: str) -> bool:
    return name == "conn_id" or name.endswith("_conn_id")
