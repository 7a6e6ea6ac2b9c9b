"""The same steps with no orchestrator."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from engines.databases import connected, create_database
from engines.postgres import Cluster
from engines.run import Mode, RunRequest
from engines.standalone import StandaloneEngine
from pipelines.catalog import find
from pipelines.secrets import password_of
from tests.sessions import wait_for_a_waiting_session
from tests.slack_sink import SECRET_PATH, SlackSink


def _request(url: str, log_dir: Path) -> RunRequest:
    return RunRequest("tree_clusters", url, log_dir)


def _count(url: str, table: str) -> int:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def test_a_dry_run_changes_nothing_and_says_what_it_would_do(sample_url: str, log_dir: Path) -> None:
    with StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine:
        run = engine.run(replace(_request(sample_url, log_dir), settings={"dry_run": True}))
    assert run.state == "success"
    assert _count(sample_url, "tree_region") == _count(sample_url, "clusters") == 0
    assigned = next(task for task in run.tasks if task.name == "assign_regions").result
    assert assigned is not None
    assert assigned["rows"] > 0


@pytest.mark.parametrize("mode", ["in-process", "dispatched"])
def test_a_run_does_the_work_and_tells_each_task(mode: Mode, sample_url: str, log_dir: Path) -> None:
    with StandaloneEngine(mode, folder=log_dir, log_dir=log_dir) as engine:
        run = engine.run(_request(sample_url, log_dir))
    assert run.state == "success"
    names = ["count_new_trees", "assign_regions", "refresh_view", "rebuild_clusters", "notify"]
    assert [task.name for task in run.tasks] == names
    assert all(task.state == "success" and task.seconds is not None for task in run.tasks)
    assert run.requested <= run.started <= run.ended
    assert _count(sample_url, "tree_region") == dict(run.tasks[1].result or {})["rows"] > 0
    assert _count(sample_url, "clusters") > 0


def test_a_failing_step_fails_the_run_and_what_follows_is_not_run(sample_url: str, log_dir: Path) -> None:
    with connected(sample_url, autocommit=True) as connection:
        connection.cursor().execute("DROP MATERIALIZED VIEW active_tree_region")
    with StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine:
        run = engine.run(_request(sample_url, log_dir))
    assert run.state == "failed"
    states = {task.name: task.state for task in run.tasks}
    assert states["refresh_view"] == "failed"
    assert states["rebuild_clusters"] == "not_run"
    assert "active_tree_region" in (run.error or "")


def test_slack_hears_of_success_once_and_of_failure_once(
    sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    asked = replace(_request(sample_url, log_dir), webhook_url=slack.url)
    with StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine:
        assert engine.run(asked).state == "success"
        (said,) = slack.texts
        assert "tree_clusters" in said
        assert "standalone" in said
        with connected(sample_url, autocommit=True) as connection:
            connection.cursor().execute("DROP TABLE clusters, tree_region CASCADE")
        assert engine.run(asked).state == "failed"
    assert len(slack.texts) == 2
    assert "FAILED" in slack.texts[1]


def test_a_slack_that_answers_500_is_a_warning_and_no_failure(
    sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    slack.status = 500
    with StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine:
        run = engine.run(replace(_request(sample_url, log_dir), webhook_url=slack.url))
    assert run.state == "success"
    assert any("500" in warning for warning in run.warnings)


def test_a_server_that_is_not_there_fails_the_run_with_its_own_words(log_dir: Path) -> None:
    gone = "postgresql+psycopg2://somebody:hunter2@127.0.0.1:9/nothing"
    with StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine:
        run = engine.run(_request(gone, log_dir))
    assert run.state == "failed"
    assert "refused" in (run.error or "")


def test_a_server_that_is_killed_under_the_run_fails_it_and_the_next_run_completes(
    tmp_path: Path, log_dir: Path
) -> None:
    pipeline = find("tree_clusters")
    with (
        Cluster(tmp_path / "postgres") as cluster,
        StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine,
        ThreadPoolExecutor(1) as beside,
    ):
        url = create_database(cluster.url(), "trees")
        pipeline.fill_sample(url, 300, 1)
        with connected(url) as holder:
            # The run's second step waits for this lock, so that the server is killed in the middle of it.
            holder.cursor().execute("LOCK TABLE tree_region")
            running = beside.submit(engine.run, _request(url, log_dir))
            wait_for_a_waiting_session(url)
            cluster.stop_abruptly()
            broken = running.result(60)
        states = {task.name: task.state for task in broken.tasks}
        assert (broken.state, states["count_new_trees"], states["rebuild_clusters"]) == (
            "failed",
            "success",
            "not_run",
        )
        password = password_of(url)
        assert password and password not in repr(broken)
        cluster.start_again()
        assert engine.run(_request(url, log_dir)).state == "success"
        assert _count(url, "tree_region") > 0 and _count(url, "clusters") > 0


def test_no_secret_is_in_logs_run_or_process_list(sample_url: str, log_dir: Path, slack: SlackSink) -> None:
    slack.delay_seconds = 2
    password = password_of(sample_url)
    assert password
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCH, password, SECRET_PATH], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    with StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine:
        run = engine.run(replace(_request(sample_url, log_dir), webhook_url=slack.url))
    seen = watcher.communicate(b"end")[0].decode()
    assert seen.split()[0] == "clean"
    assert int(seen.split()[1]) > 3, "the process list was looked at during the run"
    for text in [repr(run), *(file.read_text() for file in log_dir.rglob("*") if file.is_file())]:
        assert password not in text
        assert SECRET_PATH not in text


# Looks at every command line, but for its own, until its standard input closes.
WATCH = """
import os, pathlib, select, sys
needles = [needle.encode() for needle in sys.argv[1:]]
looks, found = 0, "clean"
while not select.select([sys.stdin], [], [], 0.1)[0]:
    looks += 1
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        if entry.parent.name == str(os.getpid()):
            continue
        try:
            text = entry.read_bytes()
        except OSError:
            continue
        if any(needle in text for needle in needles):
            found = "found:" + entry.parent.name
print(found, looks)
"""
