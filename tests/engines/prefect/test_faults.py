"""What happens when something dies, is busy or is not there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg2
import pytest

from engines.databases import connected, libpq_url
from engines.places import CHECKOUT
from engines.ports import free_ports
from engines.postgres import Cluster
from engines.prefect import PrefectEngine
from engines.run import Run, RunRequest
from pipelines.errors import CannotProceedError
from tests.slack_sink import SlackSink

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


@contextmanager
def _table_locked(url: str) -> Iterator[Callable[[], None]]:
    """Hold `trees` so that the first step waits; the function given lets go."""
    connection = psycopg2.connect(libpq_url(url))
    connection.cursor().execute("LOCK TABLE trees IN ACCESS EXCLUSIVE MODE")
    try:
        yield connection.rollback
    finally:
        connection.close()


def _wait(what: str, ready: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.1)


def _somebody_waits(url: str) -> bool:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _flow_processes(engine: PrefectEngine) -> list[psutil.Process]:
    below = [
        child for root in engine.server_pids() for child in psutil.Process(root).children(recursive=True)
    ]
    return [process for process in below if engine.is_runner(process.pid, " ".join(process.cmdline()))]


def _state(engine: PrefectEngine, run: Run) -> str:
    answer = httpx.get(f"{engine.ui_url}/api/flow_runs/{run.engine_run_id}", trust_env=False)
    return str(answer.raise_for_status().json()["state"]["type"])


def _started(engine: PrefectEngine, request: RunRequest, pool: ThreadPoolExecutor) -> Future[Run]:
    return pool.submit(engine.run, request)


def test_a_killed_flow_process_is_a_failed_run_and_one_message(
    prefect: PrefectEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    asked = RunRequest("tree_clusters", sample_url, log_dir, webhook_url=slack.url)
    with _table_locked(sample_url), ThreadPoolExecutor(1) as pool:
        running = _started(prefect, asked, pool)
        _wait("the step at the lock", lambda: _somebody_waits(sample_url))
        # What a task does reaches the server a moment later; what was not sent dies with the process.
        _wait("the task on the server", lambda: "Running" in _task_states(prefect))
        (process,) = _flow_processes(prefect)
        process.kill()
        run = running.result(120)
    assert run.state == "failed"
    assert "Crashed" in (run.error or "")
    assert [task.state for task in run.tasks] == ["failed", *["not_run"] * 4]
    _wait("the message", lambda: len(slack.texts) > 0, 30)
    (said,) = slack.texts
    assert "FAILED" in said


def test_a_killed_worker_fails_the_run_instead_of_leaving_it_running_for_ever(
    prefect: PrefectEngine, sample_url: str, tmp_path: Path, log_dir: Path
) -> None:
    api = f"{prefect.ui_url}/api"
    with (
        PrefectEngine(
            "dispatched",
            folder=tmp_path / "session",
            log_dir=log_dir,
            metadata_url="",
            api_url=api,
            tuned=True,
        ) as engine,
        _table_locked(sample_url),
        ThreadPoolExecutor(1) as pool,
    ):
        pools = [entry["name"] for entry in _post(prefect, "work_pools/filter")]
        assert len(pools) == 2, "on somebody's API, the work pool is one of our own"
        running = _started(engine, RunRequest("tree_clusters", sample_url, log_dir), pool)
        _wait("the step at the lock", lambda: _somebody_waits(sample_url))
        (guard,) = engine.server_pids()
        began = time.monotonic()
        psutil.Process(guard).children()[0].kill()
        run = running.result(120)
        assert time.monotonic() - began < 30
        assert run.state == "failed"
        assert "Prefect's worker ended" in (run.error or "")
        assert _state(prefect, run) == "CRASHED"
    assert [entry["name"] for entry in _post(prefect, "work_pools/filter")] == ["replant-dev"]
    assert {entry["name"] for entry in _post(prefect, "deployments/filter")} == {"dev"}


def test_a_database_that_ends_the_session_fails_the_run_with_its_words(
    prefect_in_process: PrefectEngine, sample_url: str, log_dir: Path
) -> None:
    with _table_locked(sample_url), ThreadPoolExecutor(1) as pool:
        running = _started(prefect_in_process, RunRequest("tree_clusters", sample_url, log_dir), pool)
        _wait("the step at the lock", lambda: _somebody_waits(sample_url))
        with connected(sample_url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        run = running.result(120)
    assert run.state == "failed"
    assert "count_new_trees" in (run.error or "")
    # The server's last words, or libpq's where those did not arrive any more.
    assert re.search("terminating connection|server closed the connection", run.error or "")


def test_importing_the_engine_does_not_import_prefect() -> None:
    code = "import sys, engines.prefect, replant; replant.parser(); sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0


def _post(engine: PrefectEngine, path: str) -> list[dict[str, str]]:
    answer = httpx.post(f"{engine.ui_url}/api/{path}", json={}, trust_env=False)
    found: list[dict[str, str]] = answer.raise_for_status().json()
    return found


def test_a_second_run_waits_for_the_first(
    prefect: PrefectEngine, postgres: Cluster, sample_url: str, tmp_path: Path
) -> None:
    first_logs, second_logs = tmp_path / "first", tmp_path / "second"
    with _table_locked(sample_url) as release, ThreadPoolExecutor(2) as pool:
        first = _started(prefect, RunRequest("tree_clusters", sample_url, first_logs), pool)
        _wait("the first run at the lock", lambda: _somebody_waits(sample_url))
        second = _started(prefect, RunRequest("tree_clusters", sample_url, second_logs, label="second"), pool)
        _wait("the second run in the queue", lambda: "AwaitingConcurrencySlot" in _state_names(prefect))
        assert len(_flow_processes(prefect)) == 1
        release()
        one, two = first.result(120), second.result(120)
    assert one.state == two.state == "success", (one.error, two.error)
    assert one.ended <= two.started
    assert dict(two.tasks[0].result or {})["new_trees"] < dict(one.tasks[0].result or {})["new_trees"]


def _task_states(engine: PrefectEngine) -> list[str]:
    return [run["state_name"] for run in _post(engine, "task_runs/filter")]


def _state_names(engine: PrefectEngine) -> list[str]:
    answer = httpx.post(f"{engine.ui_url}/api/flow_runs/filter", json={}, trust_env=False)
    return [run["state_name"] for run in answer.raise_for_status().json()]


PARENT = """
import json, sys, threading
from pathlib import Path
import psutil
from engines.prefect import PrefectEngine
from engines.run import RunRequest
url, metadata, folder = json.load(sys.stdin)
folder = Path(folder)
session = folder / "session"
with PrefectEngine("dispatched", folder=session, log_dir=folder, metadata_url=metadata, tuned=True) as engine:
    below = [child.pid for child in psutil.Process().children(recursive=True)]
    print(json.dumps(below), flush=True)
    engine.run(RunRequest("tree_clusters", url, folder))
"""


def test_a_killed_parent_leaves_no_process_of_prefect(
    postgres: Cluster, sample_url: str, tmp_path: Path
) -> None:
    with _table_locked(sample_url):
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            text=True,
        )
        assert parent.stdin and parent.stdout
        parent.stdin.write(json.dumps([sample_url, postgres.url(), str(tmp_path)]))
        parent.stdin.close()
        started = set(json.loads(parent.stdout.readline()))
        _wait("the step at the lock", lambda: _somebody_waits(sample_url))
        below = {child.pid for child in psutil.Process(parent.pid).children(recursive=True)}
        assert len(below | started) >= 5, "two guards, server, worker and the flow's process"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        _wait("the end of all of them", lambda: not any(_alive(pid) for pid in below | started), 40)


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _engine(tmp_path: Path, **options: object) -> PrefectEngine:
    return PrefectEngine(
        "dispatched",
        folder=tmp_path / "session",
        log_dir=tmp_path,
        metadata_url="",
        **options,  # type: ignore[arg-type]
    )


def test_an_api_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    engine = _engine(tmp_path, api_url=f"http://127.0.0.1:{port}/api")
    with pytest.raises(CannotProceedError, match="does not answer"), engine:
        raise AssertionError("it cannot have started")


def test_a_taken_port_is_one_sentence(tmp_path: Path, slack: SlackSink) -> None:
    with pytest.raises(CannotProceedError, match=f"Port {slack.port} on 127.0.0.1 is taken"):
        _engine(tmp_path, port=slack.port).__enter__()


def test_a_folder_without_saved_runs_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match="holds no runs of Prefect"):
        _engine(tmp_path, restore=tmp_path).__enter__()


def test_a_run_that_takes_too_long_is_cancelled_and_said(
    prefect: PrefectEngine, sample_url: str, log_dir: Path
) -> None:
    asked = RunRequest("tree_clusters", sample_url, log_dir, timeout_seconds=1)
    with pytest.raises(CannotProceedError, match="was not over after 1 s"):
        prefect.run(asked)
    assert threading.active_count() < 50
