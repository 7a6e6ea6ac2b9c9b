"""A backlog in chunks, on every engine: the rows do not depend on their number or on who runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.airflow import AirflowEngine
from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from engines.prefect import PrefectEngine
from engines.run import Engine, Run, RunRequest
from engines.standalone import StandaloneEngine
from pipelines.tree_clusters import steps
from pipelines.tree_clusters.settings import TreeClusterSettings
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import worlds
from tests.slack_sink import SlackSink

STEPS = ["count_new_trees", "assign_regions", "refresh_view", "rebuild_clusters", "notify"]


@pytest.fixture(scope="module")
def backlog(postgres: Cluster, sample_database: str) -> Iterator[str]:
    """The name of a database in which all trees are new; tests work on copies."""
    worlds.upgrade(create_database(postgres.url(), "backlog", template=sample_database))
    yield "backlog"
    drop_database(postgres.url(), "backlog")


@pytest.fixture
def copy(postgres: Cluster, backlog: str) -> Iterator[str]:
    yield create_database(postgres.url(), "backlog_copy", template=backlog)
    drop_database(postgres.url(), "backlog_copy")


@pytest.fixture(scope="module")
def whole(postgres: Cluster, backlog: str) -> Iterator[dict[str, Any]]:
    """What a run that is not split makes of it."""
    url = create_database(postgres.url(), "backlog_whole", template=backlog)
    with connected(url) as connection:
        worlds.run(connection)
        yield _outputs(url)
    drop_database(postgres.url(), "backlog_whole")


def _outputs(url: str) -> dict[str, Any]:
    with connected(url) as connection:
        return dict(worlds.outputs(connection)) | {"clusters": worlds.found_clusters(connection)}


def _new_trees(url: str) -> int:
    with connected(url) as connection:
        [(number,)] = worlds.rows(connection, "SELECT count(*) FROM trees WHERE active")
    return int(number)


def _run_in_chunks(engine: Engine, url: str, number: int, log_dir: Path, **settings: Any) -> Run:
    """Run in `number` chunks, and check what the Run says of them."""
    new = _new_trees(url)
    settings["chunk_trees"] = -(-new // number)
    run = engine.run(RunRequest("tree_clusters", url, log_dir, settings=settings))
    assert run.state == "success", run.error
    chunks = [f"assign_chunk[{index}]" for index in range(number)]
    expected = [STEPS[0], "plan_chunks", *chunks, *STEPS[1:]] if number > 1 else STEPS
    assert [task.name for task in run.tasks] == expected
    results = {task.name: dict(task.result or {}) for task in run.tasks}
    if number > 1:
        assert len(results["plan_chunks"]["value"]) == number == results["assign_regions"]["chunks"]
        assert sum(results[chunk]["trees"] for chunk in chunks) == new
        assert all(results[chunk]["rows"] > 0 for chunk in chunks)
    assert results["assign_regions"]["trees"] == new
    return run


@pytest.mark.parametrize("number", [1, 3, 7])
def test_standalone_rows_do_not_depend_on_the_number_of_chunks(
    number: int, copy: str, whole: dict[str, Any], log_dir: Path
) -> None:
    with StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir) as engine:
        _run_in_chunks(engine, copy, number, log_dir)
    assert _outputs(copy) == whole


def test_a_chunk_that_fails_fails_the_run_and_is_done_by_the_next(
    copy: str, whole: dict[str, Any], log_dir: Path
) -> None:
    settings = {"chunk_trees": -(-_new_trees(copy) // 2), "chunk_workers": 1}
    asked = RunRequest("tree_clusters", copy, log_dir, settings=settings)
    engine = StandaloneEngine("in-process", folder=log_dir, log_dir=log_dir)
    with connected(copy) as connection, engine as one:
        # The last trees cannot be written: the first chunk is, the last is not.
        worlds.run_statements(
            connection,
            "ALTER TABLE tree_region ADD CONSTRAINT few CHECK (tree_id < 200)",
        )
        run = one.run(asked)
        states = {task.name: task.state for task in run.tasks}
        assert run.state == "failed" and "few" in str(run.error)
        assert states["assign_chunk[0]"] == "success" and states["assign_chunk[1]"] == "failed"
        assert states["assign_regions"] == "not_run"
        worlds.run_statements(connection, "ALTER TABLE tree_region DROP CONSTRAINT few")
        assert one.run(asked).state == "success"
    assert _outputs(copy) == whole


@pytest.mark.parametrize("done", [0, 1, 3])
def test_looking_at_everything_is_split_and_what_is_done_is_not_done_again(
    done: int, copy: str, whole: dict[str, Any]
) -> None:
    with connected(copy) as connection:
        worlds.run(connection)
        worlds.run_statements(
            connection,
            "SELECT set_config('replant.tree_clusters', 'writes', false)",
            "DELETE FROM tree_region WHERE tree_id % 3 = 0",
            "UPDATE tree_region SET region_id = (SELECT max(id) FROM region) WHERE tree_id % 3 = 1",
            "INSERT INTO tree_clusters_changed_region VALUES (NULL, NULL)",
        )
        settings = TreeClusterSettings(chunk_trees=-(-_trees(connection) // 3))
        counted = steps.count_new_trees(connection, settings)
        assert counted["new_trees"] == 0 and steps.is_backlog(settings, counted)
        chunks = steps.plan_chunks(connection, settings, counted)
        assert len(chunks) == 3 == len(steps.plan_chunks(connection, settings, counted))
        looked_at = [steps.assign_chunk(connection, settings, chunk)["looked_at"] for chunk in chunks[:done]]
        assert worlds.rows(connection, "SELECT count(*) FROM tree_clusters_look_again") == [(3 - done,)]
        # This run was killed here. The next one does what is left, in chunks if that is still much.
        assert steps.plan_chunks(connection, settings, counted) == (chunks[done:] if done < 2 else [])
        rest = worlds.run(connection)["assign_regions"]["looked_at"]
        assert rest + sum(looked_at) == _trees(connection)
    assert _outputs(copy) == whole


def _trees(connection: Connection) -> int:
    [(number,)] = worlds.rows(connection, "SELECT count(*) FROM trees")
    return int(number)


@pytest.mark.airflow
@pytest.mark.slow
def test_airflow_maps_a_task_over_the_chunks(
    airflow: AirflowEngine, copy: str, whole: dict[str, Any], log_dir: Path
) -> None:
    run = _run_in_chunks(airflow, copy, 3, log_dir)
    assert _outputs(copy) == whole
    for number in range(3):
        task = next(task for task in run.tasks if task.name == f"assign_chunk[{number}]")
        assert "assign_chunk: {'rows'" in (log_dir / str(task.log)).read_text()


def _chunks_fail(engine: Engine, url: str, log_dir: Path, slack: SlackSink) -> None:
    """Have every chunk fail, and check that Slack is told once and the next run does the work."""
    settings = {"chunk_trees": -(-_new_trees(url) // 3)}
    asked = RunRequest("tree_clusters", url, log_dir, settings=settings, webhook_url=slack.url)
    with connected(url) as connection:
        worlds.run_statements(connection, "ALTER TABLE tree_region ADD CONSTRAINT none CHECK (tree_id < 0)")
        run = engine.run(asked)
        states = {task.name: task.state for task in run.tasks}
        assert run.state == "failed"
        assert [states[f"assign_chunk[{number}]"] for number in range(3)] == ["failed"] * 3
        [text] = slack.texts
        assert "FAILED" in text and "violates check constraint" in text
        worlds.run_statements(connection, "ALTER TABLE tree_region DROP CONSTRAINT none")
    assert engine.run(asked).state == "success"
    assert len(slack.texts) == 2 and "succeeded" in slack.texts[1]


@pytest.mark.airflow
@pytest.mark.slow
def test_airflow_tells_once_that_chunks_failed(
    airflow: AirflowEngine, copy: str, whole: dict[str, Any], log_dir: Path, slack: SlackSink
) -> None:
    _chunks_fail(airflow, copy, log_dir, slack)
    assert _outputs(copy) == whole


@pytest.mark.prefect
@pytest.mark.slow
def test_prefect_tells_once_that_chunks_failed(
    prefect: PrefectEngine, copy: str, whole: dict[str, Any], log_dir: Path, slack: SlackSink
) -> None:
    _chunks_fail(prefect, copy, log_dir, slack)
    assert _outputs(copy) == whole


@pytest.mark.prefect
@pytest.mark.slow
def test_prefect_runs_chunks_in_threads(
    prefect: PrefectEngine, copy: str, whole: dict[str, Any], log_dir: Path
) -> None:
    _run_in_chunks(prefect, copy, 3, log_dir)
    assert _outputs(copy) == whole


@pytest.mark.prefect
@pytest.mark.slow
def test_prefect_runs_chunks_on_a_dask_cluster(
    prefect: PrefectEngine, copy: str, whole: dict[str, Any], log_dir: Path
) -> None:
    from distributed import LocalCluster, SchedulerPlugin

    class Done(SchedulerPlugin):
        """Notes which worker has completed what."""

        def __init__(self) -> None:
            self.workers: list[str] = []

        def transition(self, key: Any, start: str, finish: str, *args: Any, **more: Any) -> None:
            if finish == "memory":
                self.workers.append(more["worker"])

    done = Done()
    cluster: Any = LocalCluster  # has no types
    workers = {"n_workers": 2, "threads_per_worker": 1, "env": prefect.environment}
    with cluster(dashboard_address=None, **workers) as dask:
        dask.scheduler.add_plugin(done)
        _run_in_chunks(prefect, copy, 4, log_dir, dask_address=dask.scheduler_address)
    assert len(done.workers) == 4 and len(set(done.workers)) == 2
    assert _outputs(copy) == whole
