"""The process of a step is killed on Airflow and on Prefect, at three points: later runs do the rest."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from engines.airflow import AirflowEngine
from engines.databases import connected
from engines.prefect import PrefectEngine
from engines.run import Engine, Run, RunRequest
from pipelines.tree_clusters.statements import Connection
from tests.airflow_tasks import task_processes
from tests.pipelines import changed_world, worlds

POINTS = (
    ("tree_region", "assign_chunk"),
    ("active_tree_region", "refresh_view"),
    ("tree_clusters_cell", "rebuild_clusters"),
)
"""A table that a step writes to in the middle of its transaction, and the task that does."""
WAITING = """
    SELECT client_port FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


@pytest.mark.airflow
@pytest.mark.slow
def test_a_killed_process_of_airflow_is_completed(
    airflow: AirflowEngine, upgraded_url: str, tmp_path: Path
) -> None:
    _kill_at_each_point(airflow, upgraded_url, tmp_path)


@pytest.mark.prefect
@pytest.mark.slow
def test_a_killed_process_of_prefect_is_completed(
    prefect: PrefectEngine, upgraded_url: str, tmp_path: Path
) -> None:
    _kill_at_each_point(prefect, upgraded_url, tmp_path)


def _kill_at_each_point(engine: Engine, url: str, folder: Path) -> None:
    """Each run gets as far as the point at which it is killed, and has to do what the one before left."""
    expected = changed_world.expected(url)
    with connected(url) as connection:
        for table, task in POINTS:
            run = _killed(engine, url, folder / table, connection, table)
            assert run.state == "failed"
            failed = [one.name for one in run.tasks if one.state == "failed"]
            assert [name.partition("[")[0] for name in failed] == [task] * len(failed) != []
            assert changed_world.result(connection) != expected
    last = engine.run(_request(url, folder / "last"))
    assert last.state == "success", last.error
    with connected(url) as connection:
        assert changed_world.result(connection) == expected


def _request(url: str, folder: Path) -> RunRequest:
    folder.mkdir()
    settings = {"chunk_trees": 2}  # of five new ones: three chunks
    return RunRequest("tree_clusters", url, folder, settings=settings, label=folder.name.replace("_", "-"))


def _killed(engine: Engine, url: str, folder: Path, holding: Connection, table: str) -> Run:
    """Give a run one of whose processes was killed while it waited to write to the table."""
    with ThreadPoolExecutor(1) as pool, connected(url) as looking:
        with holding, holding.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
            running = pool.submit(engine.run, _request(url, folder))
            deadline = time.monotonic() + 60
            while not (waiting := worlds.rows(looking, WAITING)):
                assert time.monotonic() < deadline and not running.done(), "no step came to this point"
                time.sleep(0.05)
            _process_at(engine, waiting[0][0]).kill()
        return running.result(120)


def _process_at(engine: Engine, port: int) -> psutil.Process:
    """Give the process whose session this is; of Airflow's tasks any, since all that run are waiting."""
    if isinstance(engine, AirflowEngine):
        return task_processes(engine)[0]
    [pid] = {
        one.pid for one in psutil.net_connections("tcp") if one.laddr and one.laddr.port == port and one.pid
    }
    return psutil.Process(pid)
