"""Real parts for the tests: one PostgreSQL with PostGIS, a database of its own for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from engines.airflow import AirflowEngine
from engines.databases import connected, create_database, drop_database
from engines.places import AIRFLOW_DAGS, CACHE
from engines.postgres import Cluster
from engines.prefect import PrefectEngine
from pipelines.catalog import find
from tests.slack_sink import SlackSink, slack_sink

_NUMBERS = itertools.count(1)


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start, and keep Prefect out of the user's home.

    Whatever a shell runs in the background ignores Ctrl-C; whoever imports Prefect makes its folder. That a
    property test is slow says more about what else the machine does than about the test.
    """
    hypothesis.settings.register_profile("busy", suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("busy")
    os.environ.setdefault("PREFECT_HOME", str(CACHE / "prefect-of-tests"))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server that does not wait for the disk, with a template database `postgis`."""
    with Cluster(tmp_path_factory.mktemp("postgres"), durable=False) as cluster:
        url = create_database(cluster.url(), "postgis")
        with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION postgis")
        yield cluster


@pytest.fixture
def database_url(postgres: Cluster) -> Iterator[str]:
    """An empty database with PostGIS, dropped after the test."""
    name = f"test_{next(_NUMBERS)}"
    yield create_database(postgres.url(), name, template="postgis")
    drop_database(postgres.url(), name)


@pytest.fixture(scope="session")
def sample_database(postgres: Cluster) -> str:
    """The name of a database with 300 sample trees, to be copied and not run on."""
    find("tree_clusters").fill_sample(create_database(postgres.url(), "sample"), 300, 1)
    return "sample"


@pytest.fixture
def sample_url(postgres: Cluster, sample_database: str) -> Iterator[str]:
    """A database of one's own with 300 sample trees, dropped after the test."""
    name = f"test_{next(_NUMBERS)}"
    yield create_database(postgres.url(), name, template=sample_database)
    drop_database(postgres.url(), name)


@pytest.fixture(scope="session")
def airflow(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowEngine]:
    """A running Airflow of our own, dispatched, its DAG folder a copy that a test may add files to."""
    folder = tmp_path_factory.mktemp("airflow")
    dags = folder / "dags"
    shutil.copytree(AIRFLOW_DAGS, dags, ignore=shutil.ignore_patterns("__pycache__"))
    with AirflowEngine(
        "dispatched",
        folder=folder / "home",
        log_dir=folder / "logs",
        metadata_url=postgres.url(),
        tuned=True,
        dags_folder=dags,
    ) as engine:
        yield engine


@pytest.fixture(scope="session")
def prefect(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectEngine]:
    """A running Prefect of our own, dispatched: server, worker and the deployments in `dev`."""
    folder = tmp_path_factory.mktemp("prefect")
    with PrefectEngine(
        "dispatched",
        folder=folder / "session",
        log_dir=folder / "logs",
        metadata_url=postgres.url(),
        tuned=True,
    ) as engine:
        yield engine


@pytest.fixture
def slack() -> Iterator[SlackSink]:
    """A real HTTP server in Slack's place."""
    with slack_sink() as sink:
        yield sink


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    """A folder for a run's logs."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder
