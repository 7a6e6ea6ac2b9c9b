"""What an author's function pushes to XCom and pulls from it, where all of that is fixed and certain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

HANDLES = ("ti", "task_instance")
RESULT = "return_value"
BLOCKS_APART = (
    cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.For, cst.While, cst.ListComp, cst.SetComp, cst.DictComp,
    cst.GeneratorExp,
)  # fmt: skip
"""What is in there may run later, or more than once."""
QUIET = re.compile(r"(print|(log|logger|logging|self\.log)\.(debug|info|warning|error))\(")
PURE = frozenset({"len", "str", "int", "float", "bool", "sum", "min", "max", "sorted", "round", "dumps"})
"""Functions that change nothing that was pushed before."""


@dataclass(frozen=True)
class Pull:
    """One call of `xcom_pull` with fixed arguments."""

    task_id: str
    key: str
    dag_id: str | None


@dataclass(frozen=True)
class Push:
    """One call of `xcom_push` as a statement."""

    key: str
    value: cst.BaseExpression
    place: int


@dataclass(frozen=True)
class Exchange:
    """A function's XComs, all of which are fixed and certain."""

    node: cst.FunctionDef
    pushes: tuple[Push, ...]
    pulls: tuple[tuple[cst.Call, Pull], ...]
    handles: frozenset[str]
    """Its variables that hold the task instance, parameters left out."""

    @property
    def body(self) -> Sequence[cst.BaseStatement]:
        """Give its statements."""
        return cst.ensure_type(self.node.body, cst.IndentedBlock).body

    @property
    def keys(self) -> tuple[str, ...]:
        """Give the keys that it pushes."""
        return tuple(one.key for one in self.pushes)

    def calls(self) -> int:
        """Count its uses of XCom."""
        return len(self.pushes) + len(self.pulls)


def exchange_of(node: cst.FunctionDef) -> Exchange | None:
    """Read a function; None where one of its XComs is not certain, or the task instance is used otherwise."""
    body = node.body
    # another decorator may do something else with the arguments or the result
    plain = node.asynchronous is None and not node.decorators
    if not isinstance(body, cst.IndentedBlock) or not plain or _words(body) & {"global", "nonlocal"}:
        return None
    reader = _Reader(node, body.body)
    pushes = reader.pushes()
    pulls = reader.pulls()
    if pushes is None or pulls is None or not reader.all_seen(len(pushes), len(pulls)):
        return None
    if len({one.key for one in pushes}) < len(pushes) or len({one for _, one in pulls}) < len(pulls):
        return None
    if pushes and (_gives(body) or not _at_the_end(pushes, body.body) or _annotated(node)):
        return None
    return Exchange(node, tuple(pushes), tuple(pulls), frozenset(reader.bound))


class _Reader:
    """Finds the uses of the task instance in one function."""

    def __init__(self, node: cst.FunctionDef, body: Sequence[cst.BaseStatement]) -> None:
        self._body = body
        self._rest = node.params.star_kwarg.name.value if node.params.star_kwarg else ""
        own = {param.name.value for param in (*node.params.params, *node.params.kwonly_params)}
        self._names = own & set(HANDLES)
        self.bound = {name for one in body if (name := self.bound_by(one))}
        self._names |= self.bound

    def bound_by(self, statement: cst.CSTNode) -> str:
        """Give the variable that a statement binds to the task instance, or nothing."""
        assigned = assignment(statement)
        return assigned[0] if assigned and self._is_looked_up(assigned[1]) else ""

    def _is_looked_up(self, node: cst.CSTNode) -> bool:
        if not (
            isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name) and len(node.slice) == 1
        ):
            return False
        index = node.slice[0].slice
        key = text_of(index.value) if isinstance(index, cst.Index) else None
        return bool(self._rest) and node.value.value == self._rest and key in HANDLES

    def is_handle(self, node: cst.CSTNode) -> bool:
        """Say whether an expression is the task instance."""
        return self._is_looked_up(node) or (isinstance(node, cst.Name) and node.value in self._names)

    def _method(self, node: cst.CSTNode) -> str:
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return ""
        return node.func.attr.value if self.is_handle(node.func.value) else ""

    def pushes(self) -> list[Push] | None:
        """Give the pushes that are statements of the function's own body."""
        found = []
        for place, statement in enumerate(self._body):
            call = _expression(statement)
            if not isinstance(call, cst.Call) or self._method(call) != "xcom_push":
                continue
            given = arguments(call, ("key", "value"))
            key = text_of(given["key"]) if given and set(given) == {"key", "value"} else None
            if not given or key is None or key == RESULT:
                return None
            found.append(Push(key, given["value"], place))
        return found

    def pulls(self) -> list[tuple[cst.Call, Pull]] | None:
        """Give the pulls, of which each runs once at most."""
        found = []
        for node, is_straight in _walked(self._body):
            if not isinstance(node, cst.Call) or self._method(node) != "xcom_pull":
                continue
            pull = pull_of(arguments(node, ("task_ids", "dag_id", "key")))
            if pull is None or not is_straight:
                return None
            found.append((node, pull))
        return found

    def all_seen(self, pushes: int, pulls: int) -> bool:
        """Say whether the task instance is used for these only, and each variable of it is bound once."""
        uses = sum(self.is_handle(node) for node, _ in _walked(self._body))
        stored = [one for one in self._body if self.bound_by(one)]
        # a binding holds the instance twice: the variable, and what is looked up
        return uses == pushes + pulls + 2 * len(stored) and len(stored) == len(self.bound)


def _walked(nodes: Sequence[cst.CSTNode], is_straight: bool = True) -> Iterator[tuple[cst.CSTNode, bool]]:
    """Give all nodes, and whether each is run once at most, in the function itself."""
    for node in nodes:
        yield node, is_straight
        yield from _walked(node.children, is_straight and not isinstance(node, BLOCKS_APART))


def arguments(call: cst.Call, names: Sequence[str]) -> dict[str, cst.BaseExpression] | None:
    """Give a call's arguments by name; None if there are stars or more than the names."""
    found: dict[str, cst.BaseExpression] = {}
    for number, one in enumerate(call.args):
        if one.star or (one.keyword is None and number >= len(names)):
            return None
        name = one.keyword.value if one.keyword is not None else names[number]
        if name not in names:
            return None
        found[name] = one.value
    return found


def pull_of(given: Mapping[str, cst.BaseExpression] | None) -> Pull | None:
    """Give a pull out of its arguments, which must be fixed texts."""
    fixed = {name: text_of(value) for name, value in (given or {}).items()}
    if None in fixed.values() or "task_ids" not in fixed:
        return None
    return Pull(str(fixed["task_ids"]), str(fixed.get("key", RESULT)), fixed.get("dag_id"))


def text_of(node: cst.BaseExpression) -> str | None:
    """Give a fixed text's value."""
    value = node.evaluated_value if isinstance(node, cst.SimpleString | cst.ConcatenatedString) else None
    return value if isinstance(value, str) else None


def assignment(statement: cst.CSTNode) -> tuple[str, cst.BaseExpression, cst.Annotation | None] | None:
    """Read a statement that does nothing but give one variable a value."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    one = statement.body[0]
    if isinstance(one, cst.AnnAssign) and isinstance(one.target, cst.Name) and one.value is not None:
        return one.target.value, one.value, one.annotation
    if isinstance(one, cst.Assign) and len(one.targets) == 1 and isinstance(one.targets[0].target, cst.Name):
        return one.targets[0].target.value, one.value, None
    return None


def _expression(statement: cst.CSTNode) -> cst.BaseExpression | None:
    """Give the expression that is all of a statement."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    one = statement.body[0]
    return one.value if isinstance(one, cst.Expr) else None


def _words(node: cst.CSTNode) -> set[str]:
    found = {"global": cst.Global, "nonlocal": cst.Nonlocal}
    return {word for word, kind in found.items() for one, _ in _walked([node]) if isinstance(one, kind)}


def _gives(body: cst.IndentedBlock) -> bool:
    """Say whether the function itself returns or yields somewhere."""

    def found(node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Return | cst.Yield):
            return True
        inner = isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef)
        return not inner and any(found(one) for one in node.children)

    return any(found(one) for one in body.body)


def _annotated(node: cst.FunctionDef) -> bool:
    """Say whether it declares a result."""
    return node.returns is not None and code_of(node.returns.annotation) != "None"


def _at_the_end(pushes: Sequence[Push], body: Sequence[cst.BaseStatement]) -> bool:
    """Say whether the values can be given at the end instead, the same and in the same order."""
    places = {one.place for one in pushes}
    behind = [one for number, one in enumerate(body) if number > pushes[0].place and number not in places]
    if any(not _is_quiet(one) for one in behind):
        return False
    return all(_is_pure(one.value) for one in (pushes if behind else pushes[1:]))


def _is_quiet(statement: cst.BaseStatement) -> bool:
    """Say whether a statement only writes into the log what is there."""
    call = _expression(statement)
    if not isinstance(call, cst.Call) or not QUIET.match(code_of(call)):
        return False
    return all(_is_pure(one.value) for one in call.args)


def _is_pure(value: cst.BaseExpression) -> bool:
    """Say whether an expression calls nothing that could change what another one gives."""
    called = [node.func for node, _ in _walked([value]) if isinstance(node, cst.Call)]
    names = {one.attr.value if isinstance(one, cst.Attribute) else code_of(one) for one in called}
    return names <= PURE and not any(
        isinstance(one, cst.NamedExpr | cst.Await) for one, _ in _walked([value])
    )


def code_of(node: cst.CSTNode) -> str:
    """Give a node's text."""
    return cst.Module([]).code_for_node(node)


def gives_text(function: str, key: str) -> bool:
    """Say whether what a function pushes under the key, or returns, is certain to be a text."""
    node = ast.parse(function).body[0]
    if not isinstance(node, ast.FunctionDef):
        return False
    values: list[ast.expr | None] = []
    for one in ast.walk(node):
        if key == RESULT and isinstance(one, ast.Return):
            values.append(one.value if one is node.body[-1] else None)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "xcom_push":
            given = {"key": one.args[:1], "value": one.args[1:2]}
            given |= {keyword.arg: [keyword.value] for keyword in one.keywords if keyword.arg}
            if any(isinstance(part, ast.Constant) and part.value == key for part in given["key"]):
                values += given["value"]
    return len(values) == 1 and values[0] is not None and _is_text(values[0], node)


def _is_text(value: ast.expr, function: ast.FunctionDef) -> bool:
    if isinstance(value, ast.Name):
        stored = [
            one for one in ast.walk(function)
            if isinstance(one, ast.Name) and one.id == value.id and not isinstance(one.ctx, ast.Load)
        ]  # fmt: skip
        given = [
            one.value for one in ast.walk(function)
            if isinstance(one, ast.Assign) and len(one.targets) == 1 and one.targets[0] in stored
        ]  # fmt: skip
        return len(stored) == len(given) == 1 and _is_text(given[0], function)
    if isinstance(value, ast.Call):
        called = ast.unparse(value.func)
        of_text = isinstance(value.func, ast.Attribute) and _is_text(value.func.value, function)
        return called in ("str", "json.dumps") or (of_text and called.endswith((".join", ".format")))
    return isinstance(value, ast.JoinedStr) or (
        isinstance(value, ast.Constant) and isinstance(value.value, str)
    )
