"""One real Prefect server for the tests of this room."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from blocks.prefect_address import find_address
from blocks.prefect_api import PrefectApi
from engines.ports import LOOPBACK, free_ports
from engines.service import Service, environment
from tests.blocks.airflow_home import Home
from tests.blocks.desk import Desk
from tests.blocks.samples import CONNECTIONS, DESCRIPTIONS, VARIABLES, made_up
from tests.prefect_events import send_and_forget_events


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests' Prefect keeps its profiles and its database: nothing of the user's."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect_server(prefect_home: Path) -> Iterator[str]:
    """A real Prefect server on SQLite; the address of its API."""
    (port,) = free_ports(1)
    api = f"http://{LOOPBACK}:{port}/api"
    env = environment(
        prefect_home,
        {
            "PREFECT_HOME": str(prefect_home),
            "PREFECT_API_URL": api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        },
    )
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    argv += ["--no-ui"]
    with Service("Prefect server", argv, log=prefect_home / "server.log", env=env) as service:
        service.wait_until(lambda: _healthy(api), 300)
        yield api


@pytest.fixture
def prefect_api(prefect_server: str, prefect_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server, as the active one of this process."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.setenv("PREFECT_HOME", str(prefect_home))
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    with temporary_settings({PREFECT_API_URL: prefect_server}):
        yield prefect_server
    send_and_forget_events()


@pytest.fixture
def desk(prefect_api: str, tmp_path: Path) -> Desk:
    """An empty desk."""
    return Desk(tmp_path, PrefectApi(find_address(os.environ)))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An Airflow that holds a connection of every type, made-up ones, and Variables."""
    folder = tmp_path_factory.mktemp("airflow")
    more_connections, more_variables = made_up(60)
    (folder / "in.json").write_text(json.dumps(CONNECTIONS | more_connections))
    wrapped = {
        # always wrapped, so that the text arrives as it is
        key: {"value": text, "description": DESCRIPTIONS.get(key)}
        for key, text in (VARIABLES | more_variables).items()
    }
    (folder / "in_variables.json").write_text(json.dumps(wrapped))
    home = Home(folder)
    home.fill(folder / "in.json", folder / "in_variables.json")
    assert set(home.read("connections.json")) == {*CONNECTIONS, *more_connections}
    assert set(home.read("variables.json")) == {*VARIABLES, *more_variables}
    return home


def _healthy(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
