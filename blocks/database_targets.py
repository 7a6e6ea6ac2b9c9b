"""Connections to databases: SqlAlchemyConnector, and Snowflake's and BigQuery's own blocks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow_client.records import Connection
from blocks.targets import BlockType, Carry, Mapped, Unsuited, block_type, get, plain_extras

CONNECTOR = ("prefect_sqlalchemy:SqlAlchemyConnector", "sqlalchemy-connector", "prefect-sqlalchemy")
_INFO = "connection_info"
_PARTS = {"login": "username", "password": "password", "host": "host", "port": "port", "schema": "database"}

# Extras that Airflow's hooks keep for themselves; all others go to the driver's connect().
_OF_POSTGRES_HOOK = (
    "iam", "redshift", "redshift-serverless", "cursor", "cluster-identifier", "cluster_identifier",
    "workgroup-name", "aws_conn_id", "region", "enable_log_db_messages", "azure_conn_id", "sqlalchemy_query",
)  # fmt: skip
_OF_REDSHIFT_HOOK = ("iam", "is_serverless", "cluster_identifier", "workgroup_name", "aws_conn_id", "region")


def _connector(driver: str, left_out: tuple[str, ...] = ()) -> BlockType:
    """Give the SqlAlchemyConnector for one driver, which must be installed where the flow runs."""
    unused = frozenset(left_out)

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        info: dict[str, Any] = {"driver": _driver(driver, extra)}
        carried = set()
        for name, part in _PARTS.items():
            value = getattr(connection, name)
            if value not in (None, ""):
                info[part] = value
                carried.add(name)
        data: dict[str, Any] = {_INFO: info}
        arguments = plain_extras(extra, unused | {"client"})
        if arguments:
            data["connect_args"] = arguments
        if "client" in extra and driver.startswith("mysql"):
            carried.add("extra.client")
        return Mapped(data, frozenset(carried | {f"extra.{key}" for key in arguments}))

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        found = {name: get(data, f"{_INFO}.{part}") for name, part in _PARTS.items()}
        return {
            **{name: value for name, value in found.items() if value is not None},
            **{f"extra.{key}": value for key, value in (data.get("connect_args") or {}).items()},
        }

    block_class, slug, package = CONNECTOR
    return BlockType(slug, block_class, package, forward, backward)


def _driver(usual: str, extra: Mapping[str, Any]) -> str:
    """Give the driver that Airflow's hook would use."""
    if usual.startswith("mysql") and extra.get("client") == "mysql-connector-python":
        return "mysql+mysqlconnector"
    return usual


def _sqlite() -> BlockType:
    """Give the SqlAlchemyConnector for a file: Airflow keeps its path as the host."""
    block_class, slug, package = CONNECTOR

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        info = {"driver": "sqlite+pysqlite"}
        if connection.host:
            info["database"] = connection.host
        return Mapped({_INFO: info}, frozenset({"host"} if connection.host else ()))

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        path = get(data, f"{_INFO}.database")
        return {} if path is None else {"host": path}

    return BlockType(slug, block_class, package, forward, backward)


_SNOWFLAKE_CARRIES = (
    Carry("login", "user"),
    Carry("password", "password"),
    Carry("extra.account", "account"),
    Carry("extra.role", "role"),
    Carry("extra.authenticator", "authenticator"),
    Carry("extra.private_key_file", "private_key_path"),
    Carry("extra.private_key_content", "private_key"),
)
_SNOWFLAKE = (
    block_type(
        "prefect_snowflake:SnowflakeConnector",
        "snowflake-connector",
        "prefect-snowflake",
        (
            *(Carry(carry.airflow, f"credentials.{carry.block}") for carry in _SNOWFLAKE_CARRIES),
            Carry("schema", "schema"),
            Carry("extra.database", "database"),
            Carry("extra.warehouse", "warehouse"),
        ),
        required=("credentials.account", "schema", "database", "warehouse"),
    ),
    # without a database to connect to, the login alone
    block_type(
        "prefect_snowflake:SnowflakeCredentials",
        "snowflake-credentials",
        "prefect-snowflake",
        _SNOWFLAKE_CARRIES,
        required=("account",),
    ),
)


def object_of(value: Any) -> Any:
    """Give an object that may be there as its JSON text."""
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise TypeError("an object is meant")
    return found


GOOGLE_CARRIES = (
    Carry("extra.key_path", "service_account_file"),
    Carry("extra.keyfile_dict", "service_account_info", to=object_of, back=json.dumps),
    Carry("extra.project", "project"),
)
_BIGQUERY = block_type(
    "prefect_gcp.bigquery:BigQueryWarehouse",
    "bigquery-warehouse",
    "prefect-gcp[bigquery]",
    tuple(
        Carry(carry.airflow, f"gcp_credentials.{carry.block}", carry.to, carry.back)
        for carry in GOOGLE_CARRIES
    ),
    constants={"gcp_credentials": {}},
    also="google.cloud.bigquery",
)

DATABASES: dict[str, tuple[BlockType, ...]] = {
    "postgres": (_connector("postgresql+psycopg2", _OF_POSTGRES_HOOK),),
    "mysql": (_connector("mysql+mysqldb", ("cursor", "local_infile", "iam", "aws_conn_id")),),
    "sqlite": (_sqlite(),),
    "mssql": (_connector("mssql+pymssql", ("sqlalchemy_scheme",)),),
    "redshift": (_connector("redshift+redshift_connector", _OF_REDSHIFT_HOOK),),
    "snowflake": _SNOWFLAKE,
    "bigquery": (_BIGQUERY,),
    "gcpbigquery": (_BIGQUERY,),
}
"""By connection type: the blocks to try, the best one first."""
