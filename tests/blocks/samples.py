"""Connections of every type that is named, and made-up ones; with canaries where secrets stand."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

CANARY = "c4nary"
KEYFILE = {
    "type": "service_account",
    "private_key": f"-----{CANARY}-key",
    "client_email": "a@b.example",
    "token_uri": "https://oauth2.example/token",
}


def _connection(conn_type: str, **fields: Any) -> dict[str, Any]:
    extra = fields.pop("extra", None)
    usual: dict[str, Any] = dict.fromkeys(("description", "login", "password", "host", "port", "schema"))
    text = extra if extra is None or isinstance(extra, str) else json.dumps(extra)
    return {"conn_type": conn_type, **usual, **fields, "extra": text}


def _login(conn_type: str, **fields: Any) -> dict[str, Any]:
    usual = {"login": "ada", "password": f"{CANARY}-Pa%s/w@:#?&é", "host": "host.example", "port": 1234}
    return _connection(conn_type, **{**usual, "schema": "a schema", **fields})


CONNECTIONS: dict[str, dict[str, Any]] = {
    "a_postgres": _login("postgres", extra={"sslmode": "require", "keepalives_idle": 30}, description="main"),
    "a_postgres_iam": _login("postgres", extra={"iam": True, "sslpassword": f"{CANARY}-ssl", "cursor": "x"}),
    "a_mysql": _login("mysql", extra={"charset": "utf8", "ssl": {"ca": "/ca.pem"}}),
    "a_mysql_connector": _login("mysql", extra={"client": "mysql-connector-python"}),
    "a_sqlite": _connection("sqlite", host="/var/lib/some file.db"),
    "a_mssql": _login("mssql", extra={"appname": "x"}),
    "a_redshift": _login("redshift", extra={"iam": False, "cluster_identifier": "c", "timeout": 3}),
    "a_snowflake": _login(
        "snowflake", host=None, port=None,
        extra={"account": "acme", "database": "D", "warehouse": "W", "role": "R", "region": "eu"},
    ),
    "a_snowflake_login": _login("snowflake", schema=None, extra={"extra__snowflake__account": "acme"}),
    "a_bigquery": _connection("gcpbigquery", extra={"keyfile_dict": json.dumps(KEYFILE), "project": "p"}),
    "a_bigquery_short": _connection("bigquery", extra={"key_path": "/key.json"}),
    "an_aws": _connection(
        "aws", login="AKIA1", password=f"{CANARY}-aws",
        extra={"region_name": "eu-west-1", "aws_session_token": f"{CANARY}-session", "role_arn": "arn:x"},
    ),
    "an_aws_extra": _connection(
        "aws", extra={"aws_access_key_id": "AKIA2", "aws_secret_access_key": f"{CANARY}-aws2",
                      "endpoint_url": "http://minio:9000"},
    ),
    "an_s3": _connection("s3", login="AKIA3", password=f"{CANARY}-s3"),
    "a_google": _connection(
        "google_cloud_platform",
        extra={"extra__google_cloud_platform__keyfile_dict": json.dumps(KEYFILE), "project": "p"},
    ),
    "an_azure": _connection(
        "azure", login="client", password=f"{CANARY}-az", extra={"tenantId": "t", "subscriptionId": "s"}
    ),
    "a_wasb": _connection("wasb", login="account", password=f"{CANARY}==/+"),
    "a_wasb_string": _connection(
        "wasb", extra={"connection_string": f"DefaultEndpointsProtocol=https;AccountKey={CANARY}"}
    ),
    "a_wasb_principal": _connection(
        "wasb", host="https://acc.blob.core.windows.net", login="client", password=f"{CANARY}-principal",
        extra={"tenant_id": "t"},
    ),
    "an_http": _login("http", schema="https", extra={"X-Token": f"{CANARY}-header", "timeout": 5}),
    "an_http_nested": _connection("http", host="https://api.example/v1"),
    "a_slack": _connection("slack", password=f"xoxb-{CANARY}", extra={"timeout": 42}),
    "a_slackwebhook": _connection("slackwebhook", host="http://127.0.0.1:9/x", password=f"T/B/{CANARY}"),
    "a_slackwebhook_bare": _connection("slackwebhook", password=f"T/B/{CANARY}2"),
    "an_smtp": _login("smtp", extra={"disable_ssl": True, "timeout": 3, "from_email": "a@b.example"}),
    "an_email": _login("email"),
    "an_ssh": _login("ssh", extra={"private_key": f"{CANARY}\nkey\n", "no_host_key_check": True}),
    "an_sftp": _login("sftp", extra={"key_file": "/k"}),
    "an_ftp": _login("ftp", extra={"passive": True}),
    "a_docker": _login("docker", extra={"reauth": False, "email": "a@b.example"}),
    "a_kubernetes": _connection(
        "kubernetes", extra={"kube_config": json.dumps({"users": [{"user": {"token": f"{CANARY}-kube"}}]})}
    ),
    "a_kubernetes_plain": _connection(
        "kubernetes", extra={"kube_config": {"current-context": "c", "clusters": []}, "namespace": "n"}
    ),
    "a_databricks": _connection(
        "databricks", host="https://adb-1.azuredatabricks.net", password=f"dapi{CANARY}"
    ),
    "a_databricks_login": _connection("databricks", host="adb-2", extra={"token": f"dapi{CANARY}-2"}),
    "a_dbt": _connection("dbt_cloud", login="12345", password=f"{CANARY}-dbt", host="cloud.getdbt.com"),
    "a_redis": _login("redis", schema=None, extra={"db": 3, "ssl": True, "ssl_cert_reqs": "required"}),
    "a_mongo": _login("mongo", extra={"srv": True, "ssl": True}),
    "a_kafka": _connection(
        "kafka", extra={"bootstrap.servers": "b:9092", "sasl.password": f"{CANARY}-kafka", "timeout.ms": 1}
    ),
    "a_generic": _login("generic", extra={"any": [1, {"thing": None}]}),
    "an_unknown": _login("something_of_our_own", extra={"x": 1.5, "long": "y" * 9000}),
    "an_empty": _connection("generic"),
    "with_empties": _connection("postgres", login="", password="", host="", schema="", extra="{}"),
    "Upper.Case-dots": _login("postgres", description="names need a map: é, \", ', %"),
}  # fmt: skip

VARIABLES: dict[str, str] = {
    "plain": "a value",
    "number": "5",
    "truth": "true",
    "nothing": "null",
    "quoted": '"in quotes"',
    "zeros": "007",
    "exponent": "1e5",
    "not_a_number": "NaN",
    "structure": json.dumps({"a": [1, None, 2.5, "é"], "b": {"c": True}}, indent=2),
    "structure_tight": '{"a":1,"a2":[1,2]}',
    "looks_wrapped": json.dumps({"value": "v", "description": "d"}, indent=2),
    "has_value_key": json.dumps({"value": 1, "other": 2}, indent=2),
    "empty": "",
    "white space": "  two\nlines\t",
    "Upper.Case": "x",
    "unicode": "日本語 ünï 😀 % @ / \" '",
    "big_number": "123456789012345678901234567890",
    "long_text": "long " * 2000,
    "my_password": f"{CANARY}-variable",
    "numeric_secret": "42",
    "secret_structure": json.dumps({"user": "u", "Password": f"{CANARY}-nested"}, indent=2),
    "database_url": f"postgresql://u:{CANARY}-url@h/d",
    "SLACK_WEBHOOK": f"https://hooks.slack.com/services/T/B/{CANARY}-hook",
}
DESCRIPTIONS = {"plain": "what it is for: é \" '", "structure": "described", "my_password": "d"}

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
_AWKWARD = st.sampled_from(
    ["", " ", "%", "@", "/", "'", '"', "a:b@c/d?e#f", "%2F", "\\", "x" * 3000, "é日😀"]
)
_FIELD = st.none() | _TEXT | _AWKWARD
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
TYPES = sorted({entry["conn_type"] for entry in CONNECTIONS.values()})


@st.composite
def connections(draw: st.DrawFn) -> dict[str, Any]:
    """Make a connection as an export file has it."""
    extra = draw(
        st.none() | st.dictionaries(_TEXT | st.sampled_from(["token", "account", "db"]), _JSON, max_size=3)
    )
    return _connection(
        draw(st.sampled_from(TYPES)),
        description=draw(st.none() | _TEXT),
        login=draw(_FIELD),
        password=draw(_FIELD),
        host=draw(_FIELD),
        schema=draw(_FIELD),
        port=draw(st.none() | st.integers(1, 65535)),
        extra=extra,
    )


def variable_texts() -> st.SearchStrategy[str]:
    """Make a Variable's text: any, or JSON."""
    return _TEXT | _AWKWARD | _JSON.map(json.dumps) | _JSON.map(lambda value: json.dumps(value, indent=2))


def made_up(count: int) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Give as many connections and Variables as hypothesis makes up, always the same."""
    found: list[tuple[dict[str, Any], str]] = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate])
    @given(connections(), variable_texts())
    def collect(connection: dict[str, Any], text: str) -> None:
        found.append((connection, text))

    collect()
    return (
        {f"made_up_{number}": entry for number, (entry, _) in enumerate(found)},
        {f"made_up_{number}": text for number, (_, text) in enumerate(found)},
    )
