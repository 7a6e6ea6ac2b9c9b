"""The client against a real Airflow."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airflow_client.credentials import Credentials
from airflow_client.records import Connection, Variable
from airflow_client.rest import AirflowClient
from airflow_client.transport import AirflowApiError
from engines.airflow import AirflowEngine

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

DAG = "assign_tree_to_cluster"


def test_connections_are_made_listed_without_password_and_deleted(airflow: AirflowEngine) -> None:
    made = Connection(
        "client test/1", "postgres", "h", "u", "pa55-canary", 5433, "d", json.dumps({"sslmode": "prefer"})
    )
    with pytest.raises(AirflowApiError, match="422"):
        airflow.client.create_connection(made)
    made = replace(made, connection_id="client-test.1")
    airflow.client.create_connection(made)
    try:
        [found] = [c for c in airflow.client.connections() if c.connection_id == made.connection_id]
        assert (found.host, found.login, found.port, found.schema) == ("h", "u", 5433, "d")
        assert found.password != "pa55-canary"
        with pytest.raises(AirflowApiError, match="409") as told:
            airflow.client.create_connection(made)
        assert "canary" not in str(told.value)
    finally:
        airflow.client.delete_connection(made.connection_id)
    airflow.client.delete_connection(made.connection_id)
    assert made.connection_id not in [c.connection_id for c in airflow.client.connections()]


def test_variables_are_made_listed_and_deleted(airflow: AirflowEngine) -> None:
    airflow.client.create_variable(Variable("client test", "ü/1", "what for"))
    try:
        assert Variable("client test", "ü/1", "what for") in airflow.client.variables()
    finally:
        airflow.client.delete_variable("client test")
    airflow.client.delete_variable("client test")
    assert "client test" not in [variable.key for variable in airflow.client.variables()]


def test_what_is_there_is_told_and_what_is_not_is_none(airflow: AirflowEngine) -> None:
    client = airflow.client
    assert client.health()["scheduler"] == "healthy"
    assert client.version().startswith("3.")
    assert DAG in [dag.dag_id for dag in client.dags()]
    known = client.dag(DAG)
    assert known is not None
    assert (known.is_paused, known.tags) == (False, ("map",))
    assert client.dag("no_such_dag") is None
    assert client.xcom(DAG, "no_such_run", "no_such_task") is None
    with pytest.raises(AirflowApiError, match="404"):
        client.run(DAG, "no_such_run")
    with pytest.raises(AirflowApiError, match="404"):
        client.trigger("no_such_dag", datetime.now(UTC))


def test_a_wrong_password_is_refused(airflow: AirflowEngine) -> None:
    with (
        AirflowClient(str(airflow.ui_url), Credentials("admin", "pa55-canary")) as client,
        pytest.raises(AirflowApiError, match="refuses the login of admin") as told,
    ):
        client.dags()
    assert "canary" not in str(told.value)
