"""The author's operator classes that use nothing of Airflow's base: as classes of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from migration.author.xcoms import assignment

NOTES = frozenset(
    {
        "template_fields", "template_ext", "template_fields_renderers", "ui_color", "ui_fgcolor",
        "operator_extra_links",
    }
)  # fmt: skip
"""Attributes of a class that only Airflow reads."""
ASKS = ("AirflowSkipException", "DownstreamTasksSkipped", "get_current_context", "xcom_", "PokeReturnValue")
"""What a class may not have in or behind it: skips, and what needs a context."""
PACE = frozenset({"log", "poke_interval", "timeout", "soft_fail", "pre_execute", "post_execute"})
"""Attributes of Airflow's bases that mean something there."""
WORK = {"BaseOperator": "execute", "BaseSensorOperator": "poke"}
BASES = frozenset(WORK)


@dataclass(frozen=True)
class Operator:
    """One class whose work needs no context."""

    name: str
    work: str
    """The method that does it: execute or poke."""
    names: tuple[str, ...]
    """The parameters of its `__init__`, self and the rest left out."""
    templates: Mapping[str, str]
    """Those of them that Airflow renders and that have a template for a default."""
    alone: bool
    """It can do without a base."""
    logs: bool


def operator_of(code: str) -> Operator | None:
    """Read a class's text; None if its work may need Airflow's context or base."""
    node = ast.parse(code).body[0]
    if not isinstance(node, ast.ClassDef) or node.decorator_list or any(one in code for one in ASKS):
        return None
    base = ast.unparse(node.bases[0]) if len(node.bases) == 1 and not node.keywords else ""
    methods = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
    work = methods.get(WORK.get(base, ""))
    if work is None or not _ignores_context(work) or ("poke" in methods and "execute" in methods):
        return None
    own = set(_own_attributes(node)) | set(methods)
    used = {
        one.attr for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self"
    }  # fmt: skip
    if used - own - {"log", "task_id"} or work.name in used or own & PACE or _gives_itself_away(node):
        return None
    made = methods.get("__init__")
    arguments = made.args if made is not None else ast.arguments([], [], None, [], [], None, [])
    named = [*arguments.args[1:], *arguments.kwonlyargs]
    defaults = [*zip(reversed(arguments.args), reversed(arguments.defaults), strict=False),
                *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]  # fmt: skip
    rendered = set(_rendered(node))
    templates = {
        one.arg: value.value for one, value in defaults
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and "{{" in value.value
        and {one.arg, f"_{one.arg}"} & rendered
    }  # fmt: skip
    others = (
        not arguments.posonlyargs and arguments.vararg is None and set(methods) & {"__getattr__"} == set()
    )
    others = others and not _takes_for_nothing(made)
    alone = others and "task_id" not in used and _calls_base_plainly(node, made)
    names = tuple(one.arg for one in named)
    return Operator(node.name, work.name, names, templates, alone, "log" in used)


def _gives_itself_away(node: ast.ClassDef) -> bool:
    """Say whether something else gets the operator as a whole, and may use its base."""
    asked = [one.value for one in ast.walk(node) if isinstance(one, ast.Attribute)]
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == "self"]
    return any(not any(one is each for each in asked) and not _is_in_super(one, node) for one in names)


def _is_in_super(name: ast.Name, node: ast.ClassDef) -> bool:
    """Say whether it stands in `super(Class, self)`."""
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call) and ast.unparse(one.func) == "super"]
    return any(name is each for one in calls for each in one.args)


def _rendered(node: ast.ClassDef) -> Iterator[str]:
    """Give the attributes that Airflow renders."""
    for one in node.body:
        value = one.value if isinstance(one, ast.Assign | ast.AnnAssign) else None
        if value is not None and "template_fields" in ast.unparse(one).partition("=")[0]:
            yield from (str(part.value) for part in ast.walk(value) if isinstance(part, ast.Constant))


def _ignores_context(work: ast.FunctionDef) -> bool:
    parameters = work.args.args
    if len(parameters) != 2 or work.args.vararg or work.args.kwarg or work.args.kwonlyargs:
        return False
    name = parameters[1].arg
    return not any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(work))


def _own_attributes(node: ast.ClassDef) -> Iterator[str]:
    """Give the attributes that the class itself has or sets."""
    for one in node.body:
        targets = one.targets if isinstance(one, ast.Assign) else []
        targets = [one.target] if isinstance(one, ast.AnnAssign) else targets
        yield from (target.id for target in targets if isinstance(target, ast.Name))
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            yield from [inner.attr] if ast.unparse(inner.value) == "self" else []


def _calls_base_plainly(node: ast.ClassDef, made: ast.FunctionDef | None) -> bool:
    """Say whether the base is asked for nothing but to take the rest of the arguments."""
    bases = sum(isinstance(one, ast.Name) and one.id == "super" for one in ast.walk(node))
    if made is None:
        return bases == 0
    rest = made.args.kwarg.arg if made.args.kwarg else ""
    uses = sum(isinstance(one, ast.Name) and one.id == rest for one in ast.walk(made))
    found = [one for one in made.body if is_base_call(one)]
    passes = sum(
        keyword.arg is None for one in found if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)
        for keyword in one.value.keywords
    )  # fmt: skip
    return len(found) == bases <= 1 and uses == passes


def _takes_for_nothing(made: ast.FunctionDef | None) -> bool:
    """Say whether `__init__` has arguments and does nothing but call the base."""
    if made is None or not all(is_base_call(one) for one in made.body):
        return False
    return len(made.args.args) > 1 or bool(made.args.kwonlyargs)


def is_base_call(statement: ast.stmt) -> bool:
    """Say whether a statement is `super().__init__(**kwargs)`, with the rest only."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.args or any(one.arg is not None for one in call.keywords):
        return False
    return ast.unparse(call.func).startswith("super(") and ast.unparse(call.func).endswith(").__init__")


class _Stripping(cst.CSTTransformer):
    """Takes a class what it has of Airflow."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:  # noqa: N802
        if original_node.name.value != self._operator.name:
            return updated_node
        none = cst.MaybeSentinel.DEFAULT
        body = [one for one in updated_node.body.body if not _is_note(one) and not _is_empty_init(one)]
        inner = cst.ensure_type(updated_node.body, cst.IndentedBlock).with_changes(body=body)
        return updated_node.with_changes(bases=[], lpar=none, rpar=none, body=inner)

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        params = updated_node.params
        if original_node.name.value == self._operator.work:
            first = params.params[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return updated_node.with_changes(params=params.with_changes(params=[first]))
        if original_node.name.value == "__init__":
            return updated_node.with_changes(params=_without_rest(params))
        return updated_node

    def leave_SimpleStatementLine(  # noqa: N802
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        code = cst.Module([]).code_for_node(original_node.with_changes(leading_lines=[])).strip()
        return cst.RemoveFromParent() if is_base_call(ast.parse(code).body[0]) else updated_node

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        is_self = isinstance(updated_node.value, cst.Name) and updated_node.value.value == "self"
        return (
            cst.parse_expression("get_run_logger()")
            if is_self and updated_node.attr.value == "log"
            else updated_node
        )


def _without_rest(params: cst.Parameters) -> cst.Parameters:
    """Give the parameters without **kwargs."""
    none = cst.MaybeSentinel.DEFAULT
    if params.kwonly_params:
        last = [*params.kwonly_params[:-1], params.kwonly_params[-1].with_changes(comma=none)]
        return params.with_changes(star_kwarg=None, kwonly_params=last)
    last = [*params.params[:-1], params.params[-1].with_changes(comma=none)]
    return params.with_changes(star_kwarg=None, params=last)


def alone(node: cst.ClassDef, operator: Operator) -> cst.ClassDef | None:
    """Give the class without Airflow's base; None if comments would be lost."""
    new = node.visit(_Stripping(operator))
    if not isinstance(new, cst.ClassDef) or _comments(new) != _comments(node):
        return None
    return new


def _comments(node: cst.CSTNode) -> int:
    own = isinstance(node, cst.Comment)
    return own + sum(_comments(one) for one in node.children)


def _is_note(node: cst.CSTNode) -> bool:
    """Say whether a statement of a class is read by Airflow only."""
    found = assignment(node)
    return found is not None and found[0] in NOTES


def _is_empty_init(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef) and node.name.value == "__init__" and not node.body.body


def parameters_of(node: cst.ClassDef) -> str:
    """Give the parameters of a class's `__init__` as code, self left out."""
    for one in node.body.body:
        if isinstance(one, cst.FunctionDef) and one.name.value == "__init__":
            left = _without_rest(one.params)
            left = left.with_changes(params=left.params[1:])
            return cst.Module([]).code_for_node(left).strip()
    return ""
