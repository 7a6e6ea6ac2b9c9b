"""Neither the database's password nor the webhook is anywhere but in encrypted blocks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy.engine import make_url

from engines.databases import connected, libpq_url
from engines.postgres import Cluster
from engines.prefect import PrefectEngine, metadata
from engines.run import RunRequest
from tests.slack_sink import SECRET_PATH, SlackSink

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
PASSWORD = "p4ssCanaryOfTheDatabase"


class _ProcessList:
    """Looks at every command line, over and over, in a thread."""

    def __init__(self, needles: tuple[str, ...]) -> None:
        self.looks = 0
        self.found: list[str] = []
        self._needles = needles
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> _ProcessList:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._leaving.wait(0.3):
            for process in psutil.process_iter(["cmdline"]):
                line = " ".join(process.info["cmdline"] or [])
                self.found += [line for needle in self._needles if needle in line]
            self.looks += 1


def _with_canary(server: str, url: str) -> str:
    with connected(server, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE canary LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
    return make_url(url).set(username="canary", password=PASSWORD).render_as_string(hide_password=False)


@pytest.mark.parametrize("fails", [False, True])
def test_no_secret_is_in_logs_process_list_run_or_the_servers_database(
    fails: bool, prefect: PrefectEngine, postgres: Cluster, sample_url: str, tmp_path: Path, slack: SlackSink
) -> None:
    url = _with_canary(postgres.url(), sample_url)
    if fails:
        with connected(sample_url, autocommit=True) as connection:
            connection.cursor().execute("DROP MATERIALIZED VIEW active_tree_region")
    asked = RunRequest("tree_clusters", url, tmp_path / "logs", webhook_url=slack.url)
    lock = psycopg2.connect(libpq_url(sample_url))
    lock.cursor().execute("LOCK TABLE trees IN ACCESS EXCLUSIVE MODE")
    needles = (PASSWORD, SECRET_PATH)
    try:
        with ThreadPoolExecutor(1) as pool, _ProcessList(needles) as processes:
            running = pool.submit(prefect.run, asked)
            _wait_for_lock(sample_url)
            # Now the blocks exist, the parameters are stored and the flow runs.
            dumps = [_dump(prefect, tmp_path / "during.sql")]
            lock.close()
            run = running.result(120)
        dumps.append(_dump(prefect, tmp_path / "after.sql"))
    finally:
        lock.close()
        _drop_canary(postgres.url(), sample_url)
    assert run.state == ("failed" if fails else "success"), run.error
    assert len(slack.texts) == 1, "the webhook was used"
    assert processes.looks > 5
    assert processes.found == []
    assert all("replant-run-" in dump for dump in dumps), "the block's name is in the parameters"
    logs = [file for folder in (tmp_path / "logs", prefect.log_dir) for file in folder.rglob("*.log")]
    assert len(logs) >= 4
    for text in [*dumps, repr(run), *(log.read_text() for log in logs)]:
        for needle in needles:
            assert needle not in text


def _dump(engine: PrefectEngine, target: Path) -> str:
    assert engine.metadata_database is not None
    metadata.dump(engine.metadata_database, target, left_out=())
    return target.read_text()


def _wait_for_lock(url: str) -> None:
    waiting = threading.Event()
    with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
        for _ in range(1200):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            row = cursor.fetchone()
            if row and row[0]:
                return
            waiting.wait(0.1)
    raise AssertionError("the step never came to the lock")


def _drop_canary(server: str, url: str) -> None:
    with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("REASSIGN OWNED BY canary TO CURRENT_USER")
    with connected(server, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("DROP ROLE canary")
