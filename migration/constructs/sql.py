"""SQL operators: statements over the connection's block."""

from __future__ import annotations

from typing import Any

from migration.arguments.mapped_arguments import mapped_arguments
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(connection: str, statement: Any, parameters: Any = None, autocommit: Any = False) -> Any:
    """Run one statement or several; give the last one's rows, if it has any."""
    return PostgresHook(connection).run(statement, autocommit, parameters, handler=fetched)
'''
HELPER = '''def fetched(cursor: Any) -> Any:
    """Give a statement's rows, if it has any."""
    return cursor.fetchall() if cursor.description else None
'''
MAPPED = {"sql": "statement", "parameters": "parameters"}
CONNECTIONS = ("conn_id", "postgres_conn_id")


@construct("PostgresOperator", "SQLExecuteQueryOperator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    over, each = mapped_arguments(task, MAPPED)
    for name in (
        "handler",
        "split_statements",
        "return_last",
        "hook_params",
        "runtime_parameters",
        "database",
    ):
        if task.get(name) is not None:
            raise RefusedError(f"the argument {name}", name)
    name = next((one for one in CONNECTIONS if task.has(one)), "")
    connection = task.get(name) if name else "postgres_default"
    statement, is_template = site.templated(_statement(task.get("sql"), site), task)
    parameters, other = site.templated(task.get("parameters"), task)
    kwargs: dict[str, Any] = {"parameters": parameters} if task.get("parameters") else {}
    if task.get("autocommit"):
        kwargs["autocommit"] = True
    work = Work(
        "sql", "sql", CODE, helpers=(HELPER,), imports=("from typing import Any",), runtime=("PostgresHook",)
    )
    claims = {
        one: Claim()
        for one in ("sql", "parameters", "autocommit", "show_return_value_in_logs")
        if task.has(one)
    }
    if name:
        claims[name] = equivalent("a SqlAlchemyConnector block of the mapped name", "connections")
    if task.mapping is None:
        return Written(work, (connection, statement), kwargs, claims=claims, tracked=is_template or other)
    fixed = {"connection": connection, **({"statement": statement} if task.get("sql") else {}), **kwargs}
    return Written(work, (), fixed, over, each, claims=claims, tracked=is_template or other)


def _statement(value: Any, site: Site) -> Any:
    if isinstance(value, str) and value.strip().endswith(".sql"):
        return site.text_file(value.strip())
    if isinstance(value, list):
        return [_statement(one, site) for one in value]
    return value
