"""Two runs at once, the original job at the same time, and runs that are killed at any statement."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from engines.databases import connected, create_database
from engines.postgres import Cluster
from pipelines.tree_clusters import incremental, steps
from pipelines.tree_clusters.locks import AlreadyRunningError
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import changed_world, worlds
from tests.pipelines.oracle import Tree
from tests.pipelines.watched import Held, breaking, watched

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("counted", [False, True], ids=["uncounted", "counted"])
def test_a_run_broken_off_at_any_statement_is_completed_by_the_next(changed_url: str, counted: bool) -> None:
    # Where the server knows how few trees there are, all clusters are made anew.
    expected = changed_world.expected(changed_url)
    writing: list[int] = []

    def note(number: int, text: str) -> None:
        # Between two of these nothing is written: there, breaking off is the same as at the second.
        if any(word in text for word in ("INSERT", "UPDATE", "DELETE", "REFRESH", "LOCK")):
            writing.append(number)

    def start(connection: Connection) -> None:
        changed_world.start(connection)
        if counted:
            worlds.run_statements(connection, "ANALYZE trees")

    with connected(changed_url) as connection:
        start(connection)
        worlds.run(watched(connection, note), variant="incremental")
        assert changed_world.result(connection) == expected and len(writing) > 5
        for number in writing:
            start(connection)
            with pytest.raises(psycopg2.OperationalError):
                worlds.run(breaking(connection, number), variant="incremental")
            worlds.run(connection, variant="incremental")
            assert changed_world.result(connection) == expected, f"broken off at statement {number}"


KILLED = """
import json, os, signal, sys
from engines.databases import connected
from tests.pipelines import changed_world, worlds
from tests.pipelines.watched import watched
asked = json.load(sys.stdin)
def look(number, text):
    if number == asked["number"]:
        os.kill(os.getpid(), signal.SIGKILL)
with connected(asked["url"]) as connection:
    worlds.run(watched(connection, look), variant="incremental")
"""


@pytest.mark.parametrize("number", [12, 25, 45])
def test_a_killed_process_is_completed_by_the_next_run(upgraded_url: str, number: int) -> None:
    expected = changed_world.expected(upgraded_url)
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        input=json.dumps({"url": upgraded_url, "number": number}), text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    with connected(upgraded_url) as connection:
        worlds.run(connection, variant="incremental")
        assert changed_world.result(connection) == expected


def test_a_killed_server_is_completed_by_the_next_run(tmp_path: Path) -> None:
    with Cluster(tmp_path) as cluster:
        url = create_database(cluster.url(), "killed")
        with connected(url) as connection:
            worlds.run_statements(connection, "CREATE EXTENSION postgis")
        worlds.create_schema(url)
        worlds.upgrade(url)
        with connected(url) as connection:
            changed_world.start(connection)
        expected = changed_world.expected(url)

        def kill(_number: int, text: str) -> None:
            if "INSERT INTO clusters" in text:
                cluster.stop_abruptly()

        with connected(url) as connection, pytest.raises(psycopg2.OperationalError):
            worlds.run(watched(connection, kill), variant="incremental")
        cluster.start_again()
        with connected(url) as connection:
            worlds.run(connection, variant="incremental")
            assert changed_world.result(connection) == expected


def _wait_for_lock(connection: Connection) -> None:
    deadline = time.monotonic() + 20
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while not worlds.rows(connection, waiting):
        assert time.monotonic() < deadline, "nobody waits for a lock"
        time.sleep(0.02)


@pytest.mark.parametrize("text", ["UPDATE trees SET cluster", "INSERT INTO clusters"])
def test_a_second_run_leaves_with_a_sentence_or_waits(changed_url: str, text: str) -> None:
    expected = changed_world.expected(changed_url)
    held = Held(changed_url, text)
    with connected(changed_url) as second, connected(changed_url) as looking, ThreadPoolExecutor(2) as pool:
        first = pool.submit(held.run)
        assert held.reached.wait(20)
        with pytest.raises(AlreadyRunningError, match=r"already running.*changed nothing"):
            worlds.run(second, variant="incremental", lock_seconds=0.2)
        second.rollback()
        waiting = pool.submit(worlds.run, second, variant="incremental")
        _wait_for_lock(looking)
        held.go_on.set()
        assert first.result(30)["rebuild_clusters"]["rebuilt"] is True
        waiting.result(30)
        assert changed_world.result(looking) == expected


ORIGINAL = """
import json, sys
from engines.databases import connected
from tests.pipelines import changed_world, worlds
with connected(json.load(sys.stdin)["url"]) as connection:
    worlds.run(connection, variant="faithful")
"""


@pytest.mark.parametrize("text", ["UPDATE trees SET cluster", "INSERT INTO clusters"])
def test_the_original_job_is_held_off_while_ours_writes(postgres: Cluster, text: str) -> None:
    for url in changed_world.world(postgres, upgraded=False):
        held = Held(url, text)
        with connected(url) as looking, ThreadPoolExecutor(1) as pool:
            first = pool.submit(held.run)
            assert held.reached.wait(20)
            worlds.plant(looking, Tree(20, (0.17, 0.05)))  # else the original finds nothing to do
            # A process that behaves as the original does: its statements, and no advisory lock.
            with subprocess.Popen(
                [sys.executable, "-c", ORIGINAL], stdin=subprocess.PIPE, text=True, cwd=ROOT
            ) as job:
                assert job.stdin is not None
                job.stdin.write(json.dumps({"url": url}))
                job.stdin.close()
                _wait_for_lock(looking)
                held.go_on.set()
                first.result(30)
                assert job.wait(60) == 0
            in_clusters = "SELECT sum(count) FROM clusters"
            active = "SELECT count(*) FROM trees WHERE active"
            assert worlds.rows(looking, in_clusters) == worlds.rows(looking, active)
            worlds.run(looking, variant="incremental")
            assert worlds.rows(looking, in_clusters) == worlds.rows(looking, active)
            assert worlds.rows(looking, "SELECT count(*) FROM tree_region WHERE tree_id = 20") == [(2,)]


def test_a_deadlock_is_tried_again(upgraded_url: str, caplog: pytest.LogCaptureFixture) -> None:
    expected = changed_world.expected(upgraded_url)
    held = Held(upgraded_url, "UPDATE trees SET cluster")
    with connected(upgraded_url) as other, connected(upgraded_url) as looking, ThreadPoolExecutor(2) as pool:
        with other.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '60s'")  # so that ours is the one that is broken off
            cursor.execute("UPDATE trees SET lat = 1 WHERE id BETWEEN 11 AND 15")
            first = pool.submit(held.run)
            assert held.reached.wait(20)
            held.go_on.set()
            _wait_for_lock(looking)
            cursor.execute("LOCK TABLE tree_region IN ROW EXCLUSIVE MODE")  # ours holds it, until broken off
        other.commit()
        first.result(60)
        assert "trying again after DeadlockDetected" in caplog.text
        assert changed_world.result(looking) == expected


def test_a_change_during_a_run_is_left_to_the_next(upgraded_url: str) -> None:
    held = Held(upgraded_url, "CREATE TEMPORARY TABLE tile ON")
    with connected(upgraded_url) as other, ThreadPoolExecutor(1) as pool:
        first = pool.submit(held.run)
        assert held.reached.wait(20)
        # Nobody who writes trees or regions waits for a run.
        with other, other.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute("DELETE FROM trees WHERE id IN (1, 11)")
            cursor.execute("UPDATE region_zoom SET priority = 9 WHERE region_id = 2")
        held.go_on.set()
        first.result(30)
        assert worlds.rows(other, "SELECT count(*) FROM tree_region WHERE tree_id IN (1, 11)") != [(0,)]
        worlds.run(other, variant="incremental")
        found = changed_world.result(other)
        worlds.run_statements(other, "INSERT INTO tree_clusters_changed_region VALUES (NULL, NULL)")
        worlds.run(other, variant="incremental")
        assert changed_world.result(other) == found
        assert worlds.rows(other, "SELECT count(*) FROM tree_region WHERE tree_id IN (1, 11)") == [(0,)]


def test_time_outs_are_set_and_gone_afterwards(upgraded_url: str) -> None:
    settings = TreeClusterSettings(variant="incremental", lock_seconds=7, statement_seconds=11)
    seen: list[str] = []
    with connected(upgraded_url) as connection:

        def look(_number: int, text: str) -> None:
            if "pg_advisory" in text:
                with connection.cursor() as cursor:
                    cursor.execute("SHOW statement_timeout")
                    seen.extend(value for (value,) in cursor.fetchall())

        counted = steps.count_new_trees(connection, settings)
        incremental.assign_regions(watched(connection, look), settings, counted)
        assert seen == ["11s"]
        assert worlds.rows(connection, "SHOW statement_timeout") == [("0",)]
        assert worlds.rows(connection, "SHOW lock_timeout") == [("0",)]


def test_no_step_leaves_a_transaction_open(changed_url: str) -> None:
    with connected(changed_url) as handed, connected(changed_url) as looking:
        state = f"SELECT state FROM pg_stat_activity WHERE pid = {handed.info.backend_pid}"
        for dry_run in (True, False, False):
            results: dict[str, Any] = {}
            settings = TreeClusterSettings(variant="incremental", dry_run=dry_run)
            for step in worlds.PIPELINE.steps:
                results[step.name] = step.run(handed, settings, *(results[name] for name in step.needs))
                assert worlds.rows(looking, state) == [("idle",)], step.name
