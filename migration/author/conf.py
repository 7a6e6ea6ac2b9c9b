"""Functions that take nothing of the run but its conf: they are given just that."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

RUN, CONF = "dag_run", "conf"


def taking_conf(function: cst.FunctionDef) -> cst.FunctionDef | None:
    """Give the function with the parameter `conf` in the place of `dag_run.conf`; None if that is not all.

    `dag_run` is its parameter, or is looked up in its `**context`.
    """
    rest = function.params.star_kwarg
    names = [one.name.value for one in (*function.params.params, *function.params.kwonly_params)]
    is_other = bool(_uses(function)) and _stores(function) != 1
    if CONF in names or is_other:
        return None
    change = _ToConf(RUN in names, rest.name.value if rest is not None else None)
    made = function.visit(change)
    if not isinstance(made, cst.FunctionDef) or not change.found or _says_run(made) or _stores(made):
        return None
    if RUN not in names:
        return made.with_changes(params=_added(made.params))
    return made.with_changes(
        params=made.params.with_changes(
            params=_renamed(made.params.params), kwonly_params=_renamed(made.params.kwonly_params)
        )
    )


class _ToConf(cst.CSTTransformer):
    """Replaces the run's conf by the name; `conf = dag_run.conf` goes."""

    def __init__(self, is_parameter: bool, rest: str | None) -> None:
        self._is_parameter, self._rest, self.found = is_parameter, rest, False

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        if updated_node.attr.value != CONF or not self._is_run(updated_node.value):
            return updated_node
        self.found = True
        return cst.Name(CONF)

    def leave_Assign(  # noqa: N802
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign | cst.RemovalSentinel:
        target = updated_node.targets[0].target
        both = (target, updated_node.value)
        return cst.RemoveFromParent() if all(_is_name(one, CONF) for one in both) else updated_node

    def leave_SimpleStatementLine(  # noqa: N802
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        return updated_node if updated_node.body else cst.RemoveFromParent()

    def _is_run(self, node: cst.BaseExpression) -> bool:
        if self._is_parameter:
            return _is_name(node, RUN)
        code = cst.Module([]).code_for_node(node).replace("'", '"')
        return self._rest is not None and code in (f'{self._rest}["{RUN}"]', f'{self._rest}.get("{RUN}")')


def _is_name(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _tree(function: cst.FunctionDef) -> ast.AST:
    return ast.parse(cst.Module([]).code_for_node(function))


def _uses(function: cst.FunctionDef) -> list[ast.Name]:
    return [one for one in ast.walk(_tree(function)) if isinstance(one, ast.Name) and one.id == CONF]


def _stores(function: cst.FunctionDef) -> int:
    return sum(not isinstance(one.ctx, ast.Load) for one in _uses(function))


def _says_run(function: cst.FunctionDef) -> bool:
    """Say whether the run is still used, or asked for by its name."""
    return any(
        (isinstance(one, ast.Name) and one.id == RUN) or (isinstance(one, ast.Constant) and one.value == RUN)
        for one in ast.walk(_tree(function))
    )


def _renamed(parameters: Sequence[cst.Param]) -> list[cst.Param]:
    """Give the parameters with `conf` for `dag_run`, without a default where that can be."""
    found: list[cst.Param] = []
    for one in parameters:
        if one.name.value == RUN:
            one = one.with_changes(name=cst.Name(CONF), annotation=None)
            if not any(before.default is not None for before in found):
                one = one.with_changes(default=None, equal=cst.MaybeSentinel.DEFAULT)
        found.append(one)
    return found


def _added(parameters: cst.Parameters) -> cst.Parameters:
    """Give the parameters with `conf` at their end."""
    new = cst.Param(cst.Name(CONF))
    if isinstance(parameters.star_arg, cst.Param) or parameters.kwonly_params:
        return parameters.with_changes(kwonly_params=[*parameters.kwonly_params, new])
    if any(one.default is not None for one in parameters.params):
        return parameters.with_changes(star_arg=cst.ParamStar(), kwonly_params=[new])
    return parameters.with_changes(params=[*parameters.params, new])
