"""Runs inside an Airflow's environment: prints every setting as one line of JSON, for `live_source`.

Reads names on stdin (a JSON list of `variable/KEY`, `connection/ID`). Imports nothing of replant's.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# Lets Airflow's models ask the secrets backends outside of a task.
os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def main() -> None:
    """Print the settings of the database, as its secrets backends override them, and the named ones."""
    from airflow.models import Connection, Variable
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        variables = {each.key: each.description for each in session.scalars(select(Variable))}
        connections = {each.conn_id: each.description for each in session.scalars(select(Connection))}
    for name in json.load(sys.stdin):
        kind, _, rest = name.partition("/")
        (variables if kind == "variable" else connections).setdefault(rest, None)
    found = [_variable(key, description) for key, description in variables.items()]
    found += [_connection(key, description) for key, description in connections.items()]
    print("replant-settings:" + json.dumps([values for values in found if values is not None]))


def _variable(key: str, description: str | None) -> dict[str, Any] | None:
    from airflow.models import Variable

    value = Variable.get(key, default_var=None)
    if value is None:
        return None
    environment = f"AIRFLOW_VAR_{key.upper()}" in os.environ
    return {
        "kind": "variable",
        "environment": environment,
        "key": key,
        "value": value,
        "description": description,
    }


def _connection(connection_id: str, description: str | None) -> dict[str, Any] | None:
    from airflow.exceptions import AirflowNotFoundException
    from airflow.models import Connection

    try:
        each = Connection.get_connection_from_secrets(connection_id)
    except AirflowNotFoundException:
        return None
    return {
        "kind": "connection",
        "environment": f"AIRFLOW_CONN_{connection_id.upper()}" in os.environ,
        "connection_id": connection_id,
        "conn_type": each.conn_type,
        "host": each.host,
        "login": each.login,
        "password": each.password,
        "port": each.port,
        "schema": each.schema,
        "extra": each.extra,
        "description": each.description if each.description is not None else description,
    }


if __name__ == "__main__":
    main()
