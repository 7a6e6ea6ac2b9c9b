"""The two blocks that a pipeline's flow reads: its database and, where wanted, its Slack webhook.

Everything here talks to the Prefect API that the active profile or PREFECT_API_URL names. Importing this
module does not import Prefect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import unquote

from pipelines.catalog import Pipeline, find
from pipelines.errors import CannotProceedError

if TYPE_CHECKING:
    from prefect.blocks.core import Block

BlockKind = Literal["database", "slack"]
PSYCOPG2 = "postgresql+psycopg2"
T = TypeVar("T")


def save_database_block(name: str, url: str) -> None:
    """Write the `SqlAlchemyConnector` of this name, over what is there; `url` is a PostgreSQL URL.

    The driver becomes psycopg2, which the steps speak. The password is stored as a secret field: a block
    made from the URL itself would show it to everybody who may look at the block.

    Raises CannotProceedError, without the URL, if it is none or if Prefect cannot be used.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):  # both quote the URL
        parts = None
    if parts is None or parts.get_backend_name() not in ("postgresql", "postgres"):
        raise CannotProceedError(
            f"The URL for the block {name} is not one of a PostgreSQL database. "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE is meant."
        )
    if any(not isinstance(value, str) for value in parts.query.values()):
        raise CannotProceedError(f"The URL for the block {name} names an option twice; leave one of them.")

    def save() -> None:
        from prefect_sqlalchemy import ConnectionComponents, SqlAlchemyConnector

        components = ConnectionComponents(
            driver=PSYCOPG2,
            username=parts.username,
            password=parts.password,
            host=parts.host,
            port=parts.port,
            # libpq decodes it, SQLAlchemy does not
            database=unquote(parts.database) if parts.database else None,
            query={key: str(value) for key, value in parts.query.items()} or None,
        )
        SqlAlchemyConnector(connection_info=components).save(name, overwrite=True, _sync=True)

    _call(f"write the block sqlalchemy-connector/{name}", save)


def save_slack_block(name: str, webhook_url: str) -> None:
    """Write the `SlackWebhook` of prefect-slack of this name, over what is there.

    Raises CannotProceedError, without the URL, if it is none or if Prefect cannot be used.
    """
    if not webhook_url.startswith(("http://", "https://")):
        raise CannotProceedError(f"The webhook for the block {name} is not an http(s) URL.")

    def save() -> None:
        from prefect_slack import SlackWebhook

        SlackWebhook(url=webhook_url).save(name, overwrite=True, _sync=True)

    _call(f"write the block slack-incoming-webhook/{name}", save)


def delete_block(kind: BlockKind, name: str) -> None:
    """Delete a block if it is there.

    Raises CannotProceedError if Prefect cannot be used.
    """

    def delete() -> None:
        block = _block_class(kind)
        try:
            block.delete(name, _sync=True)
        except ValueError:
            return  # there is none

    _call(f"delete the {kind} block {name}", delete)


def pipeline_settings_missing(pipeline: Pipeline | str, env: str) -> list[str]:
    """Say what the pipeline's flow needs on the server and does not find, one sentence each.

    A Slack webhook is not needed: without one no message is sent.

    Raises CannotProceedError if there is no such pipeline or if Prefect cannot be used.
    """
    wanted = find(pipeline) if isinstance(pipeline, str) else pipeline
    connector = _call("look for blocks", lambda: _load("database", wanted.prefect_connection))
    if connector is None:
        return [
            f"{env}: the block sqlalchemy-connector/{wanted.prefect_connection} is missing; it mirrors "
            f"Airflow's connection {wanted.airflow_connection}. Make it with `replant blocks plan --env {env}"
            " --from SOURCE --plan FILE` and `replant blocks apply FILE`."
        ]
    return []


def _load(kind: BlockKind, name: str) -> Block | None:
    try:
        block: Block = _block_class(kind).load(name, _sync=True)
    except ValueError:
        return None
    return block


def _block_class(kind: BlockKind) -> Any:
    if kind == "database":
        from prefect_sqlalchemy import SqlAlchemyConnector

        return SqlAlchemyConnector
    from prefect_slack import SlackWebhook

    return SlackWebhook


def _call(what: str, action: Callable[[], T]) -> T:
    """Do it; turn what Prefect raises into a sentence.

    Prefect's own exceptions can quote the request's body, so none of their text is passed on.
    """
    from prefect.settings import get_current_settings

    if not get_current_settings().api.url:  # Prefect would start a server of its own for the moment
        raise CannotProceedError(
            "No Prefect API is configured. Start one with `prefect server start` and name it with "
            "PREFECT_API_URL, or log in with `prefect cloud login`."
        )
    try:
        return action()
    except CannotProceedError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold the secret
        status = getattr(getattr(error, "response", None), "status_code", None)
        reason = f"it answered {status}" if status else type(error).__name__
    raise CannotProceedError(
        f"Cannot {what} on the Prefect API: {reason}. Check that the server runs, that PREFECT_API_URL or "
        "the active profile names it, and that the name has only lowercase letters, digits and dashes."
    )
