"""Rewrites a statement of the author's: Airflow's imports, decorators and annotations go, shims come."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

SHIMS = frozenset(
    {
        "AirflowException",
        "AirflowFailException",
        "AirflowSkipException",
        "Asset",
        "AssetAlias",
        "BaseHook",
        "BaseOperator",
        "BaseSensorOperator",
        "Dataset",
        "DatasetAlias",
        "DownstreamTasksSkipped",
        "Metadata",
        "NEVER_EXPIRE",
        "PokeReturnValue",
        "PostgresHook",
        "Variable",
        "WeekDay",
        "days_ago",
        "get_current_context",
        "mask_secret",
    }
)
"""Names of Airflow's that `replant_runtime` gives too."""
IGNORED_DECORATORS = frozenset({"apply_defaults", "provide_session"})


class Rewriter(cst.CSTTransformer):
    """For one statement; `airflow` maps the names that Airflow's imports bind to their origins."""

    def __init__(self, airflow: Mapping[str, str]) -> None:
        self._airflow = airflow

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        if _root(updated_node.module) == "__future__":
            return cst.RemoveFromParent()
        if _root(updated_node.module) != "airflow" or updated_node.relative:
            return updated_node
        return cst.RemoveFromParent()

    def leave_Import(  # noqa: N802
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.RemovalSentinel:
        kept = [alias for alias in updated_node.names if _root(alias.name) != "airflow"]
        if not kept:
            return cst.RemoveFromParent()
        return updated_node.with_changes(
            names=[*kept[:-1], kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
        )

    def leave_Decorator(  # noqa: N802
        self, original_node: cst.Decorator, updated_node: cst.Decorator
    ) -> cst.Decorator | cst.RemovalSentinel:
        root = _root(updated_node.decorator)
        if (root in self._airflow and root not in SHIMS) or root in IGNORED_DECORATORS:
            return cst.RemoveFromParent()
        return updated_node

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        return (
            cst.Name("days_ago") if _dotted(updated_node) == "airflow.utils.dates.days_ago" else updated_node
        )

    def leave_AnnAssign(  # noqa: N802
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.AnnAssign | cst.Assign:
        if updated_node.value is None or not self._mentions(updated_node.annotation):
            return updated_node
        return cst.Assign([cst.AssignTarget(updated_node.target)], updated_node.value)

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:  # noqa: N802
        if updated_node.annotation is not None and self._mentions(updated_node.annotation):
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            if updated_node.default is None:
                return updated_node.with_changes(annotation=None, equal=cst.MaybeSentinel.DEFAULT)
            return updated_node.with_changes(annotation=None, equal=equal)
        return updated_node

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if updated_node.returns is not None and self._mentions(updated_node.returns):
            updated_node = updated_node.with_changes(returns=None)
        if isinstance(updated_node.body, cst.IndentedBlock) and not updated_node.body.body:
            return updated_node.with_changes(body=cst.IndentedBlock([cst.parse_statement("return None")]))
        return updated_node

    def leave_If(  # noqa: N802
        self, original_node: cst.If, updated_node: cst.If
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        if isinstance(updated_node.body, cst.IndentedBlock) and not updated_node.body.body:
            return cst.RemoveFromParent() if updated_node.orelse is None else updated_node
        return updated_node

    def leave_SimpleStatementLine(  # noqa: N802
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        return updated_node if updated_node.body else cst.RemoveFromParent()

    def _mentions(self, annotation: cst.Annotation) -> bool:
        names = _Names()
        annotation.visit(names)
        return any(name in self._airflow and name not in SHIMS for name in names.found)


class _Names(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802
        self.found.add(node.value)


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _root(node: cst.BaseExpression | None) -> str:
    """Give the first name of a dotted expression or call."""
    while isinstance(node, cst.Attribute | cst.Call):
        node = node.value if isinstance(node, cst.Attribute) else node.func
    return node.value if isinstance(node, cst.Name) else ""
