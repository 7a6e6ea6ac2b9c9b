"""The author's module, statement by statement: what of it goes along, and what each statement needs."""

from __future__ import annotations

import ast
import builtins
import symtable
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from migration.author.names import airflow_names, bound_anywhere, global_names
from migration.author.operators import ASKS, BASES, Operator, alone, operator_of, parameters_of
from migration.author.rewrite import SHIMS, Rewriter
from migration.author.touched import touched

BUILT_IN = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__"}
BLOCKS = ("DAG", "TaskGroup", "dag", "task_group")


@dataclass
class Statement:
    """One statement of the author's, with Airflow's parts rewritten."""

    node: cst.BaseStatement
    line: int
    binds: frozenset[str]
    needs_now: frozenset[str]
    """Names read when the statement runs."""
    needs: frozenset[str]
    """Names read then or later, by the functions that it defines."""
    is_import: bool
    has_effect: bool
    touches: frozenset[str] = frozenset()
    """Names whose values it changes."""
    tainted: bool = False
    """It works on Airflow's objects, which do not exist in the flow's module."""

    @property
    def code(self) -> str:
        """Give its text."""
        return cst.Module([]).code_for_node(self.node)


class Source:
    """One file.

    Raises SyntaxError or libcst.ParserSyntaxError if it is not Python.
    """

    def __init__(
        self, path: Path, wanted_lines: Sequence[int] = (), building_lines: Sequence[int] = ()
    ) -> None:
        self.path = path
        with tokenize.open(path) as stream:  # in the encoding that it declares
            self.text = stream.read()
        wrapper = MetadataWrapper(cst.parse_module(self.text), unsafe_skip_copy=True)
        self._positions = wrapper.resolve(PositionProvider)
        self.module = wrapper.module
        tree = ast.parse(self.text)
        self.airflow_names = dict(airflow_names(tree))
        if "airflow.utils.dates.days_ago" in self.text:
            self.airflow_names["days_ago"] = "airflow.utils.dates.days_ago"
        self._wanted = set(wanted_lines)
        self._building = set(building_lines)
        self.all_bound = set(bound_anywhere(tree)) | set(self.airflow_names)
        self.docstring = self.module.get_docstring(clean=False)
        self.has_annotations_import = "from __future__ import annotations" in self.text
        self.given_conf: set[str] = set()
        """Functions that take a run's conf, which they looked up before."""
        self.statements = self._statements()
        self._spread_taint()
        imported = {name for one in self.statements if one.is_import for name in one.binds}
        for one in self.statements:
            one.has_effect = one.has_effect or bool(one.touches & imported)
        self.operators: dict[str, Operator | None] = {}
        """Operator classes that have been looked at; those that can do without Airflow's base now do."""
        self.made_with: dict[str, str] = {}
        """The parameters of these classes, as code."""

    def line_of(self, node: cst.CSTNode) -> int:
        """Give a node's first line."""
        return self._positions[node].start.line

    def _statements(self) -> list[Statement]:
        found = []
        for node in _flat(self.module.body, self):
            statement = self._statement(node)
            if statement is not None:
                found.append(statement)
        return found

    def _statement(self, node: cst.BaseStatement) -> Statement | None:
        line = self._first_line(node)
        new = node.visit(Rewriter(self.airflow_names))
        if not isinstance(new, cst.BaseStatement) or _is_empty(new):
            return None
        code = cst.Module([]).code_for_node(new)
        try:
            table = symtable.symtable(code, str(self.path), "exec")
        except SyntaxError:
            return None
        binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        now = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
        later = set(global_names(table)) | now
        tree = ast.parse(code).body
        is_import = all(isinstance(one, ast.Import | ast.ImportFrom) for one in tree)
        has_effect = isinstance(tree[0], ast.Expr) and isinstance(tree[0].value, ast.Call)
        last = self._positions[node].end.line
        building = self._building if line not in self._wanted else set()
        builds = any(line <= number <= last for number in building)
        return Statement(
            new, line, frozenset(binds), frozenset(now - binds), frozenset(later - binds), is_import,
            has_effect,
            touches=frozenset(touched(tree)),
            tainted=builds,
        )  # fmt: skip

    def _builds(self, node: cst.CSTNode) -> bool:
        """Say whether the graph is built in there, so that the recorder has been there."""
        return self.spans(node, self._building)

    def spans(self, node: cst.CSTNode, lines: set[int]) -> bool:
        """Say whether one of the lines is the node's."""
        place = self._positions[node]
        return any(place.start.line <= number <= place.end.line for number in lines)

    def _first_line(self, node: cst.BaseStatement) -> int:
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.decorators:
            return self.line_of(node.decorators[0])
        return self.line_of(node)

    def _spread_taint(self) -> None:
        """Mark what works on Airflow's objects, in the order of the module."""
        bad = {name for name, origin in self.airflow_names.items() if name not in SHIMS}
        runtime = {name for name in self.airflow_names if name in ("Variable", "BaseHook", "PostgresHook")}
        for statement in self.statements:
            if statement.is_import:
                continue
            statement.tainted = statement.tainted or bool(statement.needs_now & (bad | runtime))
            if statement.tainted:
                bad |= statement.binds
            else:
                bad -= statement.binds

    def defining(self, name: str) -> Statement | None:
        """Give the last statement that binds the name and goes along."""
        for statement in reversed(self.statements):
            if name in statement.binds and not statement.tainted:
                return statement
        return None

    def at_line(self, line: int) -> Statement | None:
        """Give the function or class that begins at the line."""
        for statement in self.statements:
            if statement.line == line and isinstance(statement.node, cst.FunctionDef | cst.ClassDef):
                return statement
        return None

    def operator_alone(self, name: str) -> Operator | None:
        """Take an operator class Airflow's base, if it and what it needs can do without; give what it is."""
        if name not in self.operators:
            self.operators[name] = self._made_alone(name)
        return self.operators[name]

    def _made_alone(self, name: str) -> Operator | None:
        statement = self.defining(name)
        if statement is None or not isinstance(statement.node, cst.ClassDef):
            return None
        found = operator_of(statement.code)
        others = [one for one in self.statements if one is not statement and not one.tainted]
        needed, _ = self.closure([name])
        wanted = any(word in one.code for one in needed for word in ASKS)
        if found is None or not found.alone or wanted or any(name in one.needs for one in others):
            return None
        parameters, node = parameters_of(statement.node), alone(statement.node, found)
        if node is None:
            return None
        statement.node = node
        statement.needs -= BASES
        statement.needs_now -= BASES
        self.made_with[name] = parameters.removesuffix(",")
        return found

    def closure(self, names: Iterator[str] | Sequence[str]) -> tuple[list[Statement], set[str]]:
        """Give the statements that the names need, and the names that nothing here gives."""
        waiting, seen = list(names), set()
        found: dict[int, Statement] = {}
        lacking: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name in BUILT_IN:
                continue
            seen.add(name)
            givers = [s for s in self.statements if name in s.binds and not s.tainted]
            changing = [s for s in self.statements if name in s.touches and name in self._module_values]
            if givers and any(one.tainted for one in changing):
                lacking.add(name)
            givers += [one for one in changing if not one.tainted] if givers else []
            if not givers:
                is_shim = name in SHIMS and name in self.airflow_names
                # a name that the author never gives either is undefined in Airflow too: that is kept
                if not is_shim and name in self.all_bound:
                    lacking.add(name)
                continue
            for statement in givers:
                found[id(statement)] = statement
                waiting += statement.needs
        return [s for s in self.statements if id(s) in found], lacking

    @cached_property
    def _module_values(self) -> set[str]:
        """Give the names that the module itself binds to values, not those of functions' own."""
        return {name for one in self.statements if not one.is_import for name in one.binds}

    def lambda_at(self, line: int) -> str | None:
        """Give the only lambda that begins on the line."""
        found = [node for node in self._lambdas if self.line_of(node) == line]
        return self.module.code_for_node(found[0]) if len(found) == 1 else None

    @cached_property
    def _lambdas(self) -> list[cst.Lambda]:
        return [node for node in _walk(self.module) if isinstance(node, cst.Lambda)]


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _flat(body: Sequence[cst.CSTNode], source: Source) -> Iterator[cst.BaseStatement]:
    """Walk the statements, going into DAG and group blocks, and into whatever holds a wanted function."""
    for node in body:
        if (
            (isinstance(node, cst.With) and any(_callee(item.item) in BLOCKS for item in node.items))
            or (
                isinstance(node, cst.FunctionDef)
                and any(_callee(d.decorator) in BLOCKS for d in node.decorators)
            )
            or (isinstance(node, cst.If) and source._builds(node.body))
        ):
            yield from _flat(node.body.body, source)
        elif isinstance(node, cst.FunctionDef | cst.ClassDef):
            if source._first_line(node) not in source._wanted and isinstance(node, cst.FunctionDef):
                yield from _wanted_inside(node, source)
            yield node
        elif isinstance(node, cst.BaseStatement):
            inside = list(_wanted_inside(node, source))
            yield from inside
            if not inside:
                yield node


def _wanted_inside(node: cst.CSTNode, source: Source) -> Iterator[cst.FunctionDef | cst.ClassDef]:
    if not source.spans(node, source._wanted):
        return
    for child in _walk(node):
        if child is node or not isinstance(child, cst.FunctionDef | cst.ClassDef):
            continue
        if source._first_line(child) in source._wanted:
            yield child


def _callee(node: cst.BaseExpression) -> str:
    """Give the last name of what is called: DAG of airflow.DAG(…)."""
    if isinstance(node, cst.Call):
        return _callee(node.func)
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _is_empty(node: cst.BaseStatement) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and not node.body
