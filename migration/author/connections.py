"""Hooks that only connect to a database, as calls of one function that names the block."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from blocks.names import block_name
from migration.author.shims import ANY, only_connects
from migration.author.source import Source, Statement
from migration.writing.helper import Helper

NAME = "postgres_connection"
CONNECTS = Helper(
    f'''def {NAME}(block: str) -> Any:
    """Give a DB-API connection of a SqlAlchemyConnector block, which the caller closes."""
    connector: Any = SqlAlchemyConnector.load(block)
    return connector.get_engine().raw_connection().driver_connection
''',
    (ANY, "from prefect_sqlalchemy import SqlAlchemyConnector"),
)
HOOK = m.Call(m.Name("PostgresHook"))
MAKES = m.SimpleStatementLine([m.Assign([m.AssignTarget(m.Name())], HOOK)])


def connect_by_name(source: Source) -> None:
    """Let the functions of a file connect by a block's name, if each hook's Connection is known."""
    tree = ast.parse(source.text)
    if "PostgresHook" not in source.airflow_names or NAME in source.all_bound or not only_connects(tree):
        return
    ids = _fixed(tree)
    found = [one for one in source.statements if "PostgresHook" in one.needs and not one.tainted]
    made = [_connecting(one, ids) for one in found]
    for statement, node in zip(found, made, strict=True):
        if node is not None and None not in made:
            statement.node = node
            left = {one.id for one in ast.walk(ast.parse(statement.code)) if isinstance(one, ast.Name)}
            statement.needs = (statement.needs & left) | {NAME}


def _fixed(tree: ast.Module) -> dict[str, str]:
    """Give the texts of names that are bound once in a file."""
    stores = [
        one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    ]
    stores += [one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)]
    return {
        one.targets[0].id: one.value.value
        for one in ast.walk(tree)
        if isinstance(one, ast.Assign)
        and isinstance(one.targets[0], ast.Name)
        and isinstance(one.value, ast.Constant)
        and isinstance(one.value.value, str)
        and stores.count(one.targets[0].id) == 1
    }


def _connecting(statement: Statement, ids: dict[str, str]) -> cst.BaseStatement | None:
    """Give a function without hooks; None if one's Connection is not known, or is one of two."""
    blocks: dict[str, str] = {}
    for node in m.findall(statement.node, MAKES):
        assign = cst.ensure_type(cst.ensure_type(node, cst.SimpleStatementLine).body[0], cst.Assign)
        name = cst.ensure_type(assign.targets[0].target, cst.Name).value
        block = _block(cst.ensure_type(assign.value, cst.Call), ids)
        if block is None or blocks.setdefault(name, block) != block:
            return None
    new = statement.node.visit(_Connecting(blocks, ids))
    if not isinstance(new, cst.BaseStatement) or m.findall(new, m.Name("PostgresHook")):
        return None
    return new


def _block(made: cst.Call, ids: dict[str, str]) -> str | None:
    """Give the name of the block of a hook's Connection."""
    given = [one.value for one in made.args if one.keyword is None or one.keyword.value == "postgres_conn_id"]
    if not given:
        return block_name("postgres_default")
    value = given[0]
    if isinstance(value, cst.Name) and value.value in ids:
        return block_name(ids[value.value])
    text = value.evaluated_value if isinstance(value, cst.SimpleString) else None
    return block_name(text) if isinstance(text, str) else None


@dataclass
class _Connecting(m.MatcherDecoratableTransformer):
    """Replaces `hook.get_conn()`, and leaves out what makes the hook."""

    blocks: dict[str, str]
    ids: dict[str, str]

    def __post_init__(self) -> None:
        super().__init__()

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        if not m.matches(updated_node, m.Call(m.Attribute(attr=m.Name("get_conn")))):
            return updated_node
        hook = cst.ensure_type(updated_node.func, cst.Attribute).value
        block = self.blocks.get(hook.value) if isinstance(hook, cst.Name) else None
        if isinstance(hook, cst.Call) and m.matches(hook, HOOK):
            block = _block(hook, self.ids)
        return updated_node if block is None else cst.parse_expression(f'{NAME}("{block}")')

    def leave_IndentedBlock(  # noqa: N802
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        kept: list[cst.BaseStatement] = []
        before: list[cst.EmptyLine] = []
        for one in updated_node.body:
            if isinstance(one, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                lines = [*before, *one.leading_lines]
                if m.matches(one, MAKES):
                    before = lines
                    continue
                one, before = one.with_changes(leading_lines=lines), []
            kept.append(one)
        return updated_node.with_changes(body=kept, footer=[*before, *updated_node.footer])
