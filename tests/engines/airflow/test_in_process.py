"""Runs by `dag.test()` in one process of Airflow's environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engines.airflow import AirflowEngine
from engines.databases import connected
from engines.postgres import Cluster
from engines.run import RunRequest
from pipelines.errors import CannotProceedError
from pipelines.secrets import password_of
from tests.pipelines import worlds
from tests.slack_sink import SECRET_PATH, SlackSink

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def in_process(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowEngine]:
    """Airflow's database, and no server."""
    folder = tmp_path_factory.mktemp("airflow-in-process")
    with AirflowEngine(
        "in-process", folder=folder / "home", log_dir=folder / "logs", metadata_url=postgres.url()
    ) as engine:
        yield engine


def _request(url: str, log_dir: Path, slack: SlackSink) -> RunRequest:
    return RunRequest("tree_clusters", url, log_dir, webhook_url=slack.url, label="in-process")


def test_a_run_tells_its_tasks_and_sends_one_message(
    in_process: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    run = in_process.run(_request(f"{sample_url}?sslmode=prefer", log_dir, slack))
    assert (run.state, run.error, run.warnings, run.url) == ("success", None, (), None)
    names = ["count_new_trees", "assign_regions", "refresh_view", "rebuild_clusters", "notify"]
    assert [task.name for task in run.tasks] == names
    for task in run.tasks:
        assert task.queued is not None
        assert task.started is not None
        assert task.ended is not None
        assert run.started <= task.queued <= task.started <= task.ended <= run.ended
    assert run.usage is not None
    assert run.usage.cpu_seconds is not None
    assert 0 < run.usage.cpu_seconds < run.seconds
    with connected(sample_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tree_region")
        assert cursor.fetchone() == (dict(run.tasks[1].result or {})["rows"],)
    [text] = slack.texts
    assert "succeeded" in text
    assert "http" not in text, "there is no UI to link to"
    log = (log_dir / "airflow.log").read_text()
    assert [secret for secret in (password_of(sample_url), SECRET_PATH) if secret and secret in log] == []
    assert in_process.server_pids() == ()


def test_chunks_that_fail_send_one_message(
    in_process: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    worlds.upgrade(sample_url)
    with connected(sample_url) as connection:
        worlds.run_statements(connection, "ALTER TABLE tree_region ADD CHECK (tree_id < 0)")
    run = in_process.run(replace(_request(sample_url, log_dir, slack), settings={"chunk_trees": 100}))
    failed = [task.name for task in run.tasks if task.state == "failed"]
    assert run.state == "failed" and failed == [f"assign_chunk[{number}]" for number in range(3)]
    [text] = slack.texts
    assert "FAILED" in text and "violates check constraint" in text


def test_a_failed_task_fails_the_run_with_its_error_and_one_message(
    in_process: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    with connected(sample_url, autocommit=True) as connection:
        connection.cursor().execute("DROP TABLE region_zoom CASCADE")
    slack.status = 500
    run = in_process.run(_request(sample_url, log_dir, slack))
    assert run.state == "failed"
    assert 'assign_regions: UndefinedTable: relation "region_zoom" does not exist' in str(run.error)
    assert [task.state for task in run.tasks] == ["success", "failed", *["upstream_failed"] * 3]
    assert ["FAILED" in text for text in slack.texts] == [True]
    assert ["500" in warning for warning in run.warnings] == [True]


def test_without_an_environment_it_says_what_to_do(tmp_path: Path) -> None:
    engine = AirflowEngine(
        "in-process",
        folder=tmp_path,
        log_dir=tmp_path,
        metadata_url="",
        airflow_python=tmp_path / "bin" / "python",
    )
    with pytest.raises(CannotProceedError, match="Run `make setup`, or give the Python"), engine:
        pass


def test_a_running_airflow_is_not_for_runs_in_process(tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match="driven in dispatched mode"):
        AirflowEngine(
            "in-process",
            folder=tmp_path,
            log_dir=tmp_path,
            metadata_url="",
            airflow_url="http://127.0.0.1:8080",
        )


def test_a_port_that_is_taken_is_told_before_anything_starts(postgres: Cluster, tmp_path: Path) -> None:
    engine = AirflowEngine(
        "dispatched", folder=tmp_path, log_dir=tmp_path, metadata_url=postgres.url(), port=postgres.port
    )
    with pytest.raises(CannotProceedError, match=f"Port {postgres.port} .* is taken"), engine:
        pass


def test_a_folder_without_saved_runs_is_told(tmp_path: Path) -> None:
    engine = AirflowEngine("dispatched", folder=tmp_path, log_dir=tmp_path, metadata_url="", restore=tmp_path)
    with pytest.raises(CannotProceedError, match="holds no runs of Airflow"), engine:
        pass
