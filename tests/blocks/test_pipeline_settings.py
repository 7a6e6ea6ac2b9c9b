"""The two blocks of a pipeline, on a real Prefect server."""

from __future__ import annotations

import traceback

import httpx
import pytest

from blocks.pipeline_settings import (
    delete_block,
    pipeline_settings_missing,
    save_database_block,
    save_slack_block,
)
from pipelines.errors import CannotProceedError

pytestmark = pytest.mark.prefect
CANARY = "c4nary-Pa%ss/w@rd"
WEBHOOK = "https://hooks.slack.example/services/T/B/c4nary"
URL = "postgresql://tree%40er:c4nary-Pa%25ss%2Fw%40rd@db.example:5433/tree%20tracker?sslmode=require"


def _stored(api: str, block: str, secrets: bool) -> httpx.Response:
    slug, name = block.split("/")
    return httpx.get(
        f"{api}/block_types/slug/{slug}/block_documents/name/{name}",
        params={"include_secrets": secrets},
        timeout=60,
        trust_env=False,
    )


def test_a_flow_gets_from_the_block_what_the_url_said(prefect_api: str) -> None:
    from prefect_sqlalchemy import SqlAlchemyConnector

    save_database_block("treetracker-db", URL)
    with SqlAlchemyConnector.load("treetracker-db", _sync=True) as block:
        url = block._rendered_url
    assert url.drivername == "postgresql+psycopg2"
    assert (url.username, url.password) == ("tree@er", CANARY)
    assert (url.host, url.port, url.database) == ("db.example", 5433, "tree tracker")
    assert dict(url.query) == {"sslmode": "require"}


def test_the_server_shows_the_password_to_nobody_who_does_not_ask_for_it(prefect_api: str) -> None:
    save_database_block("hidden-db", URL)
    assert CANARY in _stored(prefect_api, "sqlalchemy-connector/hidden-db", True).text
    assert CANARY not in _stored(prefect_api, "sqlalchemy-connector/hidden-db", False).text


def test_writing_again_overwrites_and_leaves_nothing_of_the_old_value(prefect_api: str) -> None:
    save_database_block("again-db", URL)
    save_database_block("again-db", "postgresql://other@elsewhere/second")
    save_database_block("again-db", "postgresql://other@elsewhere/second")
    stored = _stored(prefect_api, "sqlalchemy-connector/again-db", True)
    assert CANARY not in stored.text
    info = stored.json()["data"]["connection_info"]
    assert (info["username"], info["password"], info["query"]) == ("other", None, None)


def test_the_webhook_is_overwritten_and_deleted(prefect_api: str) -> None:
    from prefect_slack import SlackWebhook

    save_slack_block("a-channel", "https://hooks.slack.example/services/T/B/one")
    save_slack_block("a-channel", "https://hooks.slack.example/services/T/B/two")
    assert SlackWebhook.load("a-channel", _sync=True).url.get_secret_value().endswith("/two")
    delete_block("slack", "a-channel")
    delete_block("slack", "a-channel")
    assert _stored(prefect_api, "slack-incoming-webhook/a-channel", False).status_code == 404


def test_what_is_missing_is_named_until_it_is_there(prefect_api: str) -> None:
    delete_block("database", "treetracker-db")
    (missing,) = pipeline_settings_missing("tree_clusters", "dev")
    assert "sqlalchemy-connector/treetracker-db" in missing
    assert "postgres_default" in missing
    save_database_block("treetracker-db", URL)
    assert pipeline_settings_missing("tree_clusters", "dev") == []


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("Not_A_Name", URL),
        ("fine", "mysql://u:c4nary-Pa%25ss%2Fw%40rd@h/d"),
        ("fine", f"c4nary {CANARY}"),
        ("fine", f"postgresql://u:{CANARY}:x@h:notaport/d"),
        ("fine", URL + "&sslmode=disable"),
    ],
)
def test_no_exception_holds_the_secret(prefect_api: str, name: str, url: str) -> None:
    with pytest.raises(CannotProceedError) as raised:
        save_database_block(name, url)
    assert "c4nary" not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None


def test_a_server_that_is_not_there_is_a_sentence(prefect_api: str) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    nowhere = {PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(nowhere), pytest.raises(CannotProceedError, match="PREFECT_API_URL") as raised:
        save_slack_block("a-channel", WEBHOOK)
    assert "c4nary" not in "".join(traceback.format_exception(raised.value))
