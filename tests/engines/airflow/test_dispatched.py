"""Runs on a real Airflow with its scheduler: what a user sees of them, and what nobody may see."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engines.airflow import AirflowEngine
from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from engines.run import Run, RunRequest, run_as_json
from pipelines.errors import CannotProceedError
from pipelines.secrets import password_of
from tests.airflow_tasks import task_processes
from tests.process_list import command_lines
from tests.sessions import wait_for_a_waiting_session
from tests.slack_sink import SECRET_PATH, SlackSink

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

DAG = "assign_tree_to_cluster"
NAMES = ["count_new_trees", "assign_regions", "refresh_view", "rebuild_clusters", "notify"]


def _request(url: str, log_dir: Path, slack: SlackSink | None = None, label: str = "test") -> RunRequest:
    webhook = None if slack is None else slack.url
    return RunRequest("tree_clusters", url, log_dir, webhook_url=webhook, label=label, timeout_seconds=120)


def _execute(url: str, statement: str) -> None:
    with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _watched_command_lines() -> Iterator[set[str]]:
    """Collect every command line of the machine while the block runs."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            seen.update(command_lines())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def _files_with(folder: Path, secrets: list[str]) -> list[str]:
    return [
        f"{secret[:3]}... in {path}"
        for path in folder.rglob("*")
        if path.is_file()
        for secret in secrets
        if secret in path.read_text(errors="replace")
    ]


def test_a_run_tells_its_tasks_and_sends_one_message(
    airflow: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    with _watched_command_lines() as command_lines:
        run = airflow.run(_request(sample_url, log_dir, slack))
    assert (run.state, run.error, run.warnings) == ("success", None, ())
    assert [task.name for task in run.tasks] == NAMES
    assert run.requested <= run.started <= run.ended
    for task in run.tasks:
        assert task.state == "success"
        assert task.queued is not None
        assert task.started is not None
        assert task.ended is not None
        assert run.requested <= task.queued <= task.started <= task.ended <= run.ended
        assert task.result
        assert (log_dir / str(task.log)).stat().st_mode & 0o077 == 0
    for before, after in zip(run.tasks, run.tasks[1:], strict=False):
        assert before.ended is not None
        assert after.started is not None
        assert before.ended <= after.started
    _check_rows(sample_url, run)
    _check_message(run, slack)
    _check_nothing_is_left(airflow, run)
    _check_secrets(airflow, sample_url, run, command_lines)


def _check_rows(url: str, run: Run) -> None:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM tree_region), (SELECT count(*) FROM clusters)")
        rows = cursor.fetchone()
    results = {task.name: dict(task.result or {}) for task in run.tasks}
    assert rows == (results["assign_regions"]["rows"], results["rebuild_clusters"]["clusters"])
    assert rows[0] > 0


def _check_message(run: Run, slack: SlackSink) -> None:
    [text] = slack.texts
    clusters = dict(run.tasks[3].result or {})["clusters"]
    for part in ("tree_clusters", "airflow", "succeeded", f"{clusters} clusters", str(run.url)):
        assert part in text


def _check_nothing_is_left(airflow: AirflowEngine, run: Run) -> None:
    left = [known.connection_id for known in airflow.client.connections()]
    left += [known.key for known in airflow.client.variables()]
    assert not [name for name in left if name.startswith("replant_")]
    # The DAG is not paused, and yet its schedule has started nothing.
    assert {known.run_type for known in airflow.client.runs(DAG)} == {"manual"}
    assert run.engine_run_id in {known.run_id for known in airflow.client.runs(DAG)}


def _check_secrets(airflow: AirflowEngine, url: str, run: Run, command_lines: set[str]) -> None:
    metadata = password_of(airflow.metadata_database or "")
    login = json.loads(airflow.login_file.read_text())["admin"] if airflow.login_file else None
    secrets = [secret for secret in (password_of(url), metadata, login, SECRET_PATH) if secret]
    assert len(secrets) == 4
    assert airflow.login_file is not None
    home = airflow.login_file.parent
    found = [place for place in _files_with(home, secrets) if not place.endswith("login.json")]
    found += _files_with(home.parent / "logs", secrets) + _files_with(Path(str(run.log_dir)), secrets)
    found += [f"{secret[:3]}... in ps" for secret in secrets if any(secret in line for line in command_lines)]
    found += [f"{secret[:3]}... in the run" for secret in secrets if secret in json.dumps(run_as_json(run))]
    assert found == []
    assert any("airflow worker" in line for line in command_lines), "the search saw no task"
    assert airflow.login_file.stat().st_mode & 0o777 == 0o600


def test_a_failed_task_fails_the_run_with_its_error_and_one_message(
    airflow: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    _execute(sample_url, "DROP TABLE region_zoom CASCADE")
    run = airflow.run(_request(sample_url, log_dir, slack))
    assert run.state == "failed"
    assert run.error is not None
    assert run.error.startswith("assign_regions: ")
    assert 'relation "region_zoom" does not exist' in run.error
    assert [task.state for task in run.tasks] == ["success", "failed", *["upstream_failed"] * 3]
    assert "region_zoom" in (log_dir / str(run.tasks[1].log)).read_text()
    assert run.warnings == ()
    [text] = slack.texts
    for part in ("tree_clusters", "airflow", "FAILED", "region_zoom", str(run.url)):
        assert part in text


def test_a_run_whose_task_is_killed_fails_with_one_message(
    airflow: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    runs: list[Run] = []
    thread = threading.Thread(target=lambda: runs.append(airflow.run(_request(sample_url, log_dir, slack))))
    with connected(sample_url) as connection:
        connection.cursor().execute("LOCK TABLE trees")
        thread.start()
        wait_for_a_waiting_session(sample_url)
        [task] = task_processes(airflow)
        task.kill()
        thread.join()
    assert runs[0].state == "failed"
    assert "terminated by signal" in str(runs[0].error)
    [text] = slack.texts
    assert "FAILED" in text
    assert str(runs[0].url) in text


def test_a_slack_that_refuses_is_a_warning_of_a_failed_run_too(
    airflow: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    _execute(sample_url, "DROP TABLE tree_region CASCADE")
    slack.status = 500
    run = airflow.run(_request(sample_url, log_dir, slack))
    assert run.state == "failed"
    assert len(slack.texts) == 1
    assert len(run.warnings) == 1
    assert "500" in run.warnings[0]
    assert SECRET_PATH not in run.warnings[0]


def test_a_slack_that_does_not_answer_costs_ten_seconds_and_a_warning(
    airflow: AirflowEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    slack.delay_seconds = 60
    run = airflow.run(_request(sample_url, log_dir, slack))
    assert run.state == "success"
    assert len(run.warnings) == 1
    assert "10 s" in run.warnings[0]
    assert run.tasks[-1].seconds is not None
    assert 9 < run.tasks[-1].seconds < 13


@contextmanager
def _two_samples(postgres: Cluster, sample_database: str) -> Iterator[tuple[str, str]]:
    names = ("airflow_first", "airflow_second")
    urls = [create_database(postgres.url(), name, template=sample_database) for name in names]
    try:
        yield urls[0], urls[1]
    finally:
        for name in names:
            drop_database(postgres.url(), name)


def test_a_second_run_waits_for_the_first(
    airflow: AirflowEngine, postgres: Cluster, sample_database: str, tmp_path: Path
) -> None:
    runs: dict[str, Run] = {}

    def run(label: str, url: str) -> None:
        runs[label] = airflow.run(_request(url, tmp_path / label, label=label))

    with _two_samples(postgres, sample_database) as (first, second):
        threads = [threading.Thread(target=run, args=pair) for pair in (("first", first), ("second", second))]
        with connected(first) as connection:
            connection.cursor().execute("LOCK TABLE trees")  # the first run cannot go on
            threads[0].start()
            _wait_for_states(airflow, ["running"])
            threads[1].start()
            _wait_for_states(airflow, ["queued", "running"])
            connection.rollback()
        for thread in threads:
            thread.join()
    assert [runs[label].state for label in ("first", "second")] == ["success", "success"]
    began = runs["second"].tasks[0].started
    assert began is not None
    assert runs["first"].ended <= began


def _wait_for_states(airflow: AirflowEngine, states: list[str]) -> None:
    deadline = time.monotonic() + 60
    while True:
        unfinished = sorted(run.state for run in airflow.client.runs(DAG) if not run.finished)
        if unfinished == states:
            return
        assert time.monotonic() < deadline, f"the runs are {unfinished}, not {states}"
        time.sleep(0.1)


def test_a_run_that_takes_too_long_is_ended(airflow: AirflowEngine, sample_url: str, log_dir: Path) -> None:
    with connected(sample_url) as connection:
        connection.cursor().execute("LOCK TABLE trees")
        run = airflow.run(replace(_request(sample_url, log_dir), timeout_seconds=3))
        connection.rollback()
    assert run.state == "failed"
    assert "after 3 s" in str(run.error)


def test_a_running_airflow_is_driven_by_its_address(
    airflow: AirflowEngine,
    sample_url: str,
    log_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert airflow.login_file is not None
    monkeypatch.setenv("REPLANT_AIRFLOW_USER", "admin")
    monkeypatch.setenv("REPLANT_AIRFLOW_PASSWORD", json.loads(airflow.login_file.read_text())["admin"])
    theirs = AirflowEngine(
        "dispatched", folder=tmp_path, log_dir=log_dir, metadata_url="", airflow_url=airflow.ui_url
    )
    with theirs:
        assert theirs.server_pids() == ()
        assert theirs.save(tmp_path / "saved") is False
        run = theirs.run(replace(_request(sample_url, log_dir), settings={"dry_run": True}))
        assert run.state == "success"
        assert run.versions == {"airflow": airflow.client.version()}
        airflow.client.pause(DAG, paused=True)
        with pytest.raises(CannotProceedError, match=r"is paused .* Unpause it"):
            theirs.run(_request(sample_url, log_dir))
        airflow.client.pause(DAG, paused=False)
    _check_nothing_is_left(airflow, run)
