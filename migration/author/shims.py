"""Short forms of the names of Airflow's that the authors' code uses, where it uses little of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from migration.writing.helper import Helper

HOOK = '''class PostgresHook:
    """Connections of the SqlAlchemyConnector block that has the Connection's name."""

    def __init__(self, postgres_conn_id: str = "postgres_default") -> None:
        self.block = re.sub(r"[^a-z0-9-]", "-", postgres_conn_id.lower())

    def get_conn(self) -> Any:
        """Give a DB-API connection, which the caller closes."""
        connector: Any = SqlAlchemyConnector.load(self.block)
        return connector.get_engine().raw_connection().driver_connection
'''
IGNORING = HOOK.replace(
    'postgres_conn_id: str = "postgres_default")',
    'postgres_conn_id: str = "postgres_default", **ignored: Any)',
).replace("Connection's name.", "Connection's name; as in Airflow, other arguments do nothing.")
READ = '''class Variable:
    """Texts kept as Prefect Variables in lower case, or as Secret blocks."""

    @staticmethod
    def get(key: str) -> str:
        """Give one; raises ValueError if there is none."""
        found: Any = PrefectVariable.get(re.sub(r"[^a-z0-9_-]", "_", key.lower()))
        if found is None:
            block: Any = Secret.load(re.sub(r"[^a-z0-9-]", "-", key.lower()))
            found = block.get()
        return found if isinstance(found, str) else json.dumps(found)
'''
VARIABLE = '''class Variable:
    """Texts kept as Prefect Variables in lower case, or as Secret blocks."""

    @staticmethod
    def get(key: str, default_var: Any = ...) -> Any:
        """Give one; raises KeyError if there is none and no default."""
        found: Any = PrefectVariable.get(re.sub(r"[^a-z0-9_-]", "_", key.lower()))
        if found is None:
            try:
                block: Any = Secret.load(re.sub(r"[^a-z0-9-]", "-", key.lower()))
                found = block.get()
            except ValueError:
                if default_var is ...:
                    raise KeyError(f"Prefect has no Variable or Secret for {key!r}") from None
                return default_var
        return found if isinstance(found, str) else json.dumps(found)
'''
EFFECTIVE = (None, "schema", "database", "connection", "options", "enable_log_db_messages")
"""What changes the connections of Airflow's hook; any other keyword it takes without looking at it."""
ANY = "from typing import Any"
POSTGRES = Helper(HOOK, ("import re", ANY, "from prefect_sqlalchemy import SqlAlchemyConnector"))
POSTGRES_IGNORING = Helper(IGNORING, POSTGRES.imports)
VARIABLES = Helper(
    VARIABLE,
    (
        "import json",
        "import re",
        ANY,
        "from prefect.blocks.system import Secret",
        "from prefect.variables import Variable as PrefectVariable",
    ),
)
ONLY_READ = Helper(READ, VARIABLES.imports)
"""Where no default is given, and no error for a lacking one is caught by its class."""


def short_shims(names: Collection[str], text: str) -> dict[str, Helper]:
    """Give short forms of those names that this text uses in a simple way only."""
    tree = ast.parse(text)
    known: dict[str, tuple[Helper, Callable[[ast.AST], bool]]] = {
        "PostgresHook": (POSTGRES_IGNORING if _has_more(tree) else POSTGRES, only_connects),
        "Variable": (VARIABLES if _has_defaults(tree) else ONLY_READ, _only_gets),
    }
    return {name: known[name][0] for name in names if name in known and known[name][1](tree)}


def _uses(tree: ast.AST, name: str) -> list[ast.AST]:
    """Give the innermost nodes around each use of a name."""
    return [
        node for node in ast.walk(tree)
        if not isinstance(node, ast.ImportFrom | ast.ClassDef)
        and any(isinstance(one, ast.Name) and one.id == name for one in ast.iter_child_nodes(node))
    ]  # fmt: skip


def _only_gets(tree: ast.AST) -> bool:
    """Say whether Variables are only read, as texts."""
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_get(node.func)]
    simple = all(
        len(node.args) in (1, 2) and all(one.arg == "default_var" for one in node.keywords) for node in called
    )
    return simple and len(called) == len(_uses(tree, "Variable"))


def _has_defaults(tree: ast.AST) -> bool:
    """Say whether a Variable that is not there has a default, or an error that is asked for."""
    names = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_get(node.func)]
    given = any(len(one.args) + len(one.keywords) > 1 for one in calls)
    return given or bool(names & {"KeyError", "LookupError"})


def _is_get(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "get" and _is_name(node.value, "Variable")


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _has_more(tree: ast.AST) -> bool:
    """Say whether a hook is given arguments that Airflow's does nothing with."""
    made = [node for node in _uses(tree, "PostgresHook") if isinstance(node, ast.Call)]
    return any(one.arg != "postgres_conn_id" for node in made for one in node.keywords)


def only_connects(tree: ast.AST) -> bool:
    """Say whether hooks are made of a Connection's id alone and only give connections."""
    made = _uses(tree, "PostgresHook")
    variables: set[str] = set()
    for node in made:
        if not isinstance(node, ast.Call) or not _is_name(node.func, "PostgresHook"):
            return False
        if len(node.args) > 1 or any(one.arg in EFFECTIVE for one in node.keywords):
            return False
    inside = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node.value in made:
            if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
                return False
            variables.add(node.targets[0].id)
            inside += 1
        if isinstance(node, ast.Attribute) and node.value in made:
            inside += node.attr == "get_conn"
    if inside != len(made):
        return False
    uses = [use for name in variables for use in _uses(tree, name)]
    return all(
        (isinstance(use, ast.Attribute) and use.attr == "get_conn")
        or (isinstance(use, ast.Assign) and use.value in made)
        for use in uses
    )
