"""Runs of the sample on a real Prefect, in both modes, against a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from engines.databases import connected
from engines.prefect import PrefectEngine
from engines.run import Run, RunRequest, run_as_json
from tests.slack_sink import SlackSink

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
NAMES = ["count_new_trees", "assign_regions", "refresh_view", "rebuild_clusters", "notify"]


@pytest.fixture(params=["dispatched", "in-process"])
def engine(
    request: pytest.FixtureRequest, prefect: PrefectEngine, prefect_in_process: PrefectEngine
) -> Iterator[PrefectEngine]:
    """Both modes, on one server."""
    yield prefect if request.param == "dispatched" else prefect_in_process


def _count(url: str, table: str) -> int:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _blocks(engine: PrefectEngine) -> list[str]:
    answer = httpx.post(f"{engine.ui_url}/api/block_documents/filter", json={}, trust_env=False)
    return [document["name"] for document in answer.raise_for_status().json()]


def _artifacts(engine: PrefectEngine, run: Run) -> list[dict[str, object]]:
    wanted = {"artifacts": {"flow_run_id": {"any_": [run.engine_run_id]}}}
    answer = httpx.post(f"{engine.ui_url}/api/artifacts/filter", json=wanted, trust_env=False)
    return [artifact for artifact in answer.raise_for_status().json() if artifact["key"]]


def test_a_run_does_the_work_and_tells_each_task(
    engine: PrefectEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    before = _blocks(engine)
    run = engine.run(RunRequest("tree_clusters", sample_url, log_dir, webhook_url=slack.url, label="first"))
    assert run.state == "success", run.error
    assert [task.name for task in run.tasks] == NAMES
    for task in run.tasks:
        assert task.state == "success"
        assert task.queued and task.started and task.ended
        assert task.queued <= task.started <= task.ended
        assert task.result is not None
    assert run.requested <= run.started <= run.ended
    assert run.tasks[0].started and run.tasks[0].started >= run.started
    assert _count(sample_url, "tree_region") == dict(run.tasks[1].result or {})["rows"] > 0
    assert _count(sample_url, "clusters") == dict(run.tasks[3].result or {})["clusters"] > 0

    log = log_dir / "prefect.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "Finished in state Completed()" in log.read_text().splitlines()[-1]
    assert run_as_json(run)["versions"]["prefect"]
    assert _blocks(engine) == before, "the run's own blocks are deleted"

    (said,) = slack.texts
    assert "|run>" in said and str(run.url) in said
    for name, number in {"new trees": 0, "rows": dict(run.tasks[1].result or {})["rows"]}.items():
        assert name in said
        assert number == 0 or f"{number:,} {name}" in said
    (artifact,) = _artifacts(engine, run)
    assert artifact["type"] == "table"
    assert "clusters" in str(artifact["data"]) and "seconds" in str(artifact["data"])


def test_a_failing_step_fails_the_run_and_slack_hears_of_it_once(
    engine: PrefectEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    with connected(sample_url, autocommit=True) as connection:
        connection.cursor().execute("DROP MATERIALIZED VIEW active_tree_region")
    run = engine.run(RunRequest("tree_clusters", sample_url, log_dir, webhook_url=slack.url))
    assert run.state == "failed"
    states = {task.name: task.state for task in run.tasks}
    assert states == dict(zip(NAMES, ["success", "success", "failed", "not_run", "not_run"], strict=True))
    assert "refresh_view" in (run.error or "")
    assert 'relation "active_tree_region" does not exist' in (run.error or "")
    assert "active_tree_region" in (log_dir / "prefect.log").read_text()
    (said,) = slack.texts
    assert "FAILED" in said and "active_tree_region" in said and str(run.url) in said
    assert f"{dict(run.tasks[1].result or {})['rows']:,} rows" in said, "what was done before it is told"


def test_settings_travel_and_a_dry_run_changes_nothing(
    prefect_in_process: PrefectEngine, sample_url: str, log_dir: Path
) -> None:
    asked = RunRequest("tree_clusters", sample_url, log_dir, settings={"dry_run": True})
    run = prefect_in_process.run(asked)
    assert run.state == "success"
    assert dict(run.tasks[1].result or {})["rows"] > 0
    assert _count(sample_url, "tree_region") == _count(sample_url, "clusters") == 0
    log = (log_dir / "prefect.log").read_text()
    assert log.count("no message is sent") == 1, "without a webhook that is said once"


def test_a_slack_that_hangs_is_a_warning_and_holds_the_run_up_for_ten_seconds_at_most(
    prefect_in_process: PrefectEngine, sample_url: str, log_dir: Path, slack: SlackSink
) -> None:
    slack.delay_seconds = 60
    asked = RunRequest("tree_clusters", sample_url, log_dir, webhook_url=slack.url)
    run = prefect_in_process.run(asked)
    assert run.state == "success"
    (warning,) = run.warnings
    assert "no answer within 10 s" in warning
    assert (run.tasks[-1].seconds or 99) < 13, "ten seconds, and what Prefect itself takes on a busy machine"


def test_a_setting_that_does_not_exist_fails_the_run_with_its_name(
    prefect_in_process: PrefectEngine, sample_url: str, log_dir: Path
) -> None:
    asked = replace(RunRequest("tree_clusters", sample_url, log_dir), settings={"no_such": 1})
    run = prefect_in_process.run(asked)
    assert run.state == "failed"
    assert "no_such" in (run.error or "")
    assert {task.state for task in run.tasks} == {"not_run"}
