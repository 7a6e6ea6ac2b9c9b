"""Connections to services: clouds, mail, Slack, HTTP, containers, and so on."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from airflow_client.records import Connection
from blocks.database_targets import GOOGLE_CARRIES, object_of
from blocks.sensitive import is_plain
from blocks.targets import BlockType, Carry, Mapped, Unsuited, block_type

SLACK_WEBHOOK_SLUG = "slack-incoming-webhook"
_SLACK_SERVICES = "https://hooks.slack.com/services"


def _webhook_of_slack() -> BlockType:
    """Give SlackWebhook: Airflow keeps the address as the host and the secret path as the password."""

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        path = connection.password
        if not path:
            return Unsuited("slack-incoming-webhook needs password")
        if path.startswith(("https://", "http://")):
            return Mapped({"url": path}, frozenset({"password"}))
        host = (connection.host or _SLACK_SERVICES).rstrip("/")
        scheme = "" if "://" in host else f"{connection.schema or 'https'}://"
        used = {"host", "password"} | ({"schema"} if scheme and connection.schema else set())
        return Mapped({"url": f"{scheme}{host}/{path}"}, frozenset(used))

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        return {"password": data.get("url")}  # Airflow's hook takes a whole URL there, too

    return BlockType(SLACK_WEBHOOK_SLUG, "prefect_slack:SlackWebhook", "prefect-slack", forward, backward)


def _http() -> BlockType:
    """Give Prefect's own Webhook: the base URL, and the headers with the login as HttpHook sends it."""

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        if not connection.host:
            return Unsuited("webhook needs host")
        nested = "://" in connection.host
        url = connection.host if nested else f"{connection.schema or 'http'}://{connection.host}"
        carried = {"host"} | (set() if nested or not connection.schema else {"schema"})
        if connection.port:
            if urlsplit(url).path not in ("", "/"):
                return Unsuited("webhook cannot take a port after a path in host")
            url = f"{url.rstrip('/')}:{connection.port}"
            carried.add("port")
        headers = {key: value for key, value in extra.items() if isinstance(value, str)}
        carried |= {f"extra.{key}" for key in headers}
        if connection.login:
            login = f"{connection.login}:{connection.password or ''}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
            carried |= {"login", "password"}
        return Mapped({"url": url, "method": "POST", "headers": headers}, frozenset(carried))

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        headers = dict(data.get("headers") or {})
        found: dict[str, Any] = {}
        basic = headers.pop("Authorization", "")
        if basic.startswith("Basic "):
            login, _, password = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
            found |= {"login": login, "password": password}
        elif basic:
            headers["Authorization"] = basic
        parts = urlsplit(data.get("url") or "")
        found |= {"schema": parts.scheme, "host": parts.hostname, "port": parts.port}
        if parts.path not in ("", "/"):
            found |= {"host": f"{parts.scheme}://{parts.netloc.partition(':')[0]}{parts.path}"}
        return {**found, **{f"extra.{key}": value for key, value in headers.items()}}

    return BlockType("webhook", "prefect.blocks.webhook:Webhook", "prefect", forward, backward)


def _email() -> BlockType:
    """Give EmailServerCredentials; how the server is spoken to stands in two extras of Airflow's."""
    plain = block_type(
        "prefect_email:EmailServerCredentials",
        "email-server-credentials",
        "prefect-email",
        (
            Carry("login", "username"),
            Carry("password", "password"),
            Carry("host", "smtp_server"),
            Carry("port", "smtp_port"),
        ),
        required=("smtp_server",),
    )
    kinds = {(False, True): "SSL", (False, False): "SSL", (True, False): "STARTTLS", (True, True): "INSECURE"}

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        mapped = plain.forward(connection, extra)
        if isinstance(mapped, Unsuited):
            return mapped
        kind = kinds[_yes(extra.get("disable_ssl")), _yes(extra.get("disable_tls"))]
        used = {f"extra.{key}" for key in ("disable_ssl", "disable_tls") if key in extra}
        return Mapped({**mapped.data, "smtp_type": kind}, mapped.carried | used)

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        # The server may have resolved the name to the port of its kind.
        kind = {"465": "SSL", "587": "STARTTLS", "25": "INSECURE"}.get(
            str(data.get("smtp_type")), data.get("smtp_type")
        )
        tls = {"SSL": {}, "STARTTLS": {"extra.disable_ssl": True}}.get(
            str(kind), {"extra.disable_ssl": True, "extra.disable_tls": True}
        )
        return {**plain.backward(data, carried), **tls}

    return BlockType(plain.slug, plain.block_class, plain.package, forward, backward)


def _yes(value: Any) -> bool:
    return value in (True, 1) or str(value).lower() in ("true", "1", "yes")


def _blob_storage() -> BlockType:
    """Give AzureBlobStorageCredentials: a connection string, a service principal, or an account key."""
    text = block_type(
        "prefect_azure:AzureBlobStorageCredentials",
        "azure-blob-storage-credentials",
        "prefect-azure",
        (
            Carry("extra.connection_string", "connection_string"),
            Carry("host", "account_url", to=lambda host: host if "://" in host else f"https://{host}"),
            Carry("login", "client_id"),
            Carry("password", "client_secret"),
            Carry("extra.tenant_id", "tenant_id"),
        ),
    )

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        if extra.get("connection_string"):
            # Prefect takes either the string or the rest.
            return Mapped(
                {"connection_string": extra["connection_string"]}, frozenset({"extra.connection_string"})
            )
        if connection.host and extra.get("tenant_id"):
            return text.forward(connection, extra)
        if connection.login and connection.password and not connection.host:
            key = (
                f"DefaultEndpointsProtocol=https;AccountName={connection.login};"
                f"AccountKey={connection.password};EndpointSuffix=core.windows.net"
            )
            return Mapped({"connection_string": key}, frozenset({"login", "password"}))
        return Unsuited(f"{text.slug} needs a connection string, a service principal, or an account's key")

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        return text.backward(data, carried)

    return BlockType(text.slug, text.block_class, text.package, forward, backward)


def _kubernetes() -> BlockType:
    """Give KubernetesClusterConfig where the config holds no secret: Prefect shows that field."""

    def forward(connection: Connection, extra: Mapping[str, Any]) -> Mapped | Unsuited:
        long_name = "extra__kubernetes__kube_config"
        name = "kube_config" if "kube_config" in extra else long_name
        try:
            config = object_of(extra[name])
        except (KeyError, TypeError, ValueError):
            return Unsuited("kubernetes-cluster-config needs extra.kube_config")
        shown = json.dumps(config)
        if not is_plain("kube_config", config) or "client-key-data" in shown or "client-certificate" in shown:
            return Unsuited("kubernetes-cluster-config would show the credentials in extra.kube_config")
        context = extra.get("cluster_context") or config.get("current-context")
        if not context:
            return Unsuited("kubernetes-cluster-config needs extra.cluster_context")
        used = {"extra.kube_config"} | ({"extra.cluster_context"} if "cluster_context" in extra else set())
        return Mapped({"config": config, "context_name": context}, frozenset(used))

    def backward(data: Mapping[str, Any], carried: frozenset[str]) -> Mapping[str, Any]:
        return {
            "extra.kube_config": json.dumps(data.get("config")),
            "extra.cluster_context": data.get("context_name"),
        }

    slug = "kubernetes-cluster-config"
    block_class = "prefect_kubernetes.credentials:KubernetesClusterConfig"
    return BlockType(slug, block_class, "prefect-kubernetes", forward, backward)


def _without_scheme(host: str) -> str:
    return host.removeprefix("https://").rstrip("/")


_AWS = block_type(
    "prefect_aws:AwsCredentials",
    "aws-credentials",
    "prefect-aws",
    (
        Carry("extra.aws_access_key_id", "aws_access_key_id"),
        Carry("extra.aws_secret_access_key", "aws_secret_access_key"),
        Carry("login", "aws_access_key_id"),
        Carry("password", "aws_secret_access_key"),
        # extra.aws_session_token has no place: Prefect would show it.
        Carry("extra.region_name", "region_name"),
        Carry("extra.profile_name", "profile_name"),
        Carry("extra.role_arn", "assume_role_arn"),
        Carry("extra.endpoint_url", "aws_client_parameters.endpoint_url"),
        Carry("extra.verify", "aws_client_parameters.verify"),
    ),
)
_EMAIL = _email()

SERVICES: dict[str, BlockType] = {
    "aws": _AWS,
    "s3": _AWS,
    "google_cloud_platform": block_type(
        "prefect_gcp:GcpCredentials", "gcp-credentials", "prefect-gcp", GOOGLE_CARRIES
    ),
    "azure": block_type(
        "prefect_azure:AzureContainerInstanceCredentials",
        "azure-container-instance-credentials",
        "prefect-azure",
        (
            Carry("login", "client_id"),
            Carry("password", "client_secret"),
            Carry("extra.tenantId", "tenant_id"),
        ),
        required=("client_id", "client_secret", "tenant_id"),
    ),
    "wasb": _blob_storage(),
    "http": _http(),
    "slack": block_type(
        "prefect_slack:SlackCredentials",
        "slack-credentials",
        "prefect-slack",
        (Carry("password", "token"),),
        required=("token",),
    ),
    "slackwebhook": _webhook_of_slack(),
    "smtp": _EMAIL,
    "email": _EMAIL,
    "docker": block_type(
        "prefect_docker:DockerRegistryCredentials",
        "docker-registry-credentials",
        "prefect-docker",
        (
            Carry("login", "username"),
            Carry("password", "password"),
            Carry("host", "registry_url"),
            Carry("extra.reauth", "reauth"),
        ),
        required=("username", "password", "registry_url"),
    ),
    "kubernetes": _kubernetes(),
    "databricks": block_type(
        "prefect_databricks:DatabricksCredentials",
        "databricks-credentials",
        "prefect-databricks",
        (
            Carry("host", "databricks_instance", to=_without_scheme),
            Carry("extra.token", "token"),
            Carry("password", "token"),
        ),
        required=("databricks_instance", "token"),
    ),
    "dbt_cloud": block_type(
        "prefect_dbt.cloud:DbtCloudCredentials",
        "dbt-cloud-credentials",
        "prefect-dbt",
        (
            Carry("login", "account_id", to=int, back=str),
            Carry("password", "api_key"),
            Carry("host", "domain"),
        ),
        required=("account_id", "api_key"),
    ),
    "redis": block_type(
        "prefect_redis:RedisDatabase",
        "redis-database",
        "prefect-redis",
        (
            Carry("host", "host"),
            Carry("port", "port"),
            Carry("login", "username"),
            Carry("password", "password"),
            Carry("extra.db", "db", to=int),
            Carry("extra.ssl", "ssl"),
        ),
    ),
}
"""By connection type. ssh, sftp, ftp, mongo and kafka have no block of Prefect's that hides their secrets."""
