"""The flow as its user has it: retried, without blocks, failing with a secret in its error."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from engines.databases import connected
from engines.prefect import PrefectEngine
from engines.run import RunRequest
from pipelines.tree_clusters import PIPELINE
from tests.prefect_blocks import save_blocks


def test_a_failure_names_its_step_keeps_what_was_done_and_hides_passwords(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Importing Prefect makes a folder in the user's home, unless it is told another one.
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    from prefect_flows.notice import StepFailedError, keeping_results

    done = {"count_new_trees": {"new_trees": 3}}
    with pytest.raises(StepFailedError) as raised, keeping_results(PIPELINE, done):
        raise OSError("cannot reach postgresql://user:hunter2@host/db")
    assert str(raised.value).startswith("assign_regions: OSError: cannot reach")
    assert "hunter2" not in str(raised.value)
    assert raised.value.results == done


@pytest.mark.prefect
@pytest.mark.slow
def test_a_retried_run_goes_on_after_the_last_step_that_was_completed(
    prefect: PrefectEngine, sample_url: str, log_dir: Path
) -> None:
    with connected(sample_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER MATERIALIZED VIEW active_tree_region RENAME TO hidden")
        failed = prefect.run(RunRequest("tree_clusters", sample_url, log_dir))
        assert failed.state == "failed"
        cursor.execute("ALTER MATERIALIZED VIEW hidden RENAME TO active_tree_region")
        cursor.execute("SELECT count(*) FROM tree_region")
        rows = cursor.fetchone()
    _save_block_again(prefect, failed.engine_run_id or "", sample_url)
    _retry(prefect, failed.engine_run_id or "")
    assert _task_states(prefect, failed.engine_run_id or "") == {
        "count_new_trees": "Cached",
        "assign_regions": "Cached",
        "refresh_view": "Completed",
        "rebuild_clusters": "Completed",
        "notify": "Completed",
    }
    with connected(sample_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tree_region")
        assert cursor.fetchone() == rows
        cursor.execute("SELECT count(*) FROM clusters")
        assert cursor.fetchone() != (0,)


def _api(engine: PrefectEngine, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = httpx.request(method, f"{engine.ui_url}/api/{path}", json=body, trust_env=False)
    return answer.raise_for_status().json()


def _save_block_again(engine: PrefectEngine, run_id: str, url: str) -> None:
    """The run's own block was deleted with it; here it plays the user's, which stays."""
    name = _api(engine, "GET", f"flow_runs/{run_id}")["parameters"]["connection"]
    save_blocks(engine.environment, ("database", name, url))


def _retry(engine: PrefectEngine, run_id: str) -> None:
    """What the button Retry of the UI does."""
    state = {"type": "SCHEDULED", "name": "AwaitingRetry"}
    _api(engine, "POST", f"flow_runs/{run_id}/set_state", {"state": state})
    deadline = time.monotonic() + 120
    while _api(engine, "GET", f"flow_runs/{run_id}")["state"]["type"] != "COMPLETED":
        assert time.monotonic() < deadline, _api(engine, "GET", f"flow_runs/{run_id}")["state"]
        time.sleep(0.3)


def _task_states(engine: PrefectEngine, run_id: str) -> dict[str, str]:
    """Name of each task's last run's state; they reach the server after the flow run's end."""
    wanted = {"flow_runs": {"id": {"any_": [run_id]}}, "sort": "EXPECTED_START_TIME_ASC"}
    deadline = time.monotonic() + 40
    while True:
        runs = _api(engine, "POST", "task_runs/filter", wanted)
        found = {run["name"].rpartition("-")[0]: run["state"]["name"] for run in runs}
        if (len(found) == 5 and "Running" not in found.values()) or time.monotonic() > deadline:
            return found
        time.sleep(0.3)
