"""`deployment.py` as it is typed, against a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import deployment
from engines.databases import connected
from engines.places import CHECKOUT
from engines.ports import free_ports
from engines.prefect import PrefectEngine
from engines.service import Service
from tests.prefect_blocks import save_blocks
from tests.slack_sink import SlackSink

real = [pytest.mark.prefect, pytest.mark.slow]
PREFECT = str(Path(sys.executable).with_name("prefect"))


def _call(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "deployment.py"), *arguments],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _read(engine: PrefectEngine, name: str) -> dict[str, Any]:
    answer = httpx.get(f"{engine.ui_url}/api/deployments/name/assign_tree_flow/{name}", trust_env=False)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


@pytest.fixture(scope="module")
def prod(prefect: PrefectEngine) -> Iterator[dict[str, Any]]:
    """The deployment in prod, made by the command, taken away afterwards."""
    done = _call(prefect.environment, "--env", "prod", "--only", "tree_clusters")
    assert done.returncode == 0, done.stderr
    assert "work pool replant-prod: created" in done.stdout
    assert "deployment assign_tree_flow/prod: created" in done.stdout
    found = _read(prefect, "prod")
    yield found
    httpx.delete(f"{prefect.ui_url}/api/deployments/{found['id']}", trust_env=False)
    httpx.delete(f"{prefect.ui_url}/api/work_pools/replant-prod", trust_env=False)


class TestOnAServer:
    pytestmark = real

    def test_a_second_call_changes_nothing_and_says_so(self, prefect: PrefectEngine) -> None:
        before = _read(prefect, "dev")
        done = _call(prefect.environment, "--env", "dev")
        assert done.returncode == 0, done.stderr
        assert "work pool replant-dev: unchanged" in done.stdout
        assert "deployment assign_tree_flow/dev: unchanged" in done.stdout
        assert "the block sqlalchemy-connector/treetracker-db is missing" in done.stdout
        assert "prefect worker start --pool replant-dev" in done.stdout
        after = _read(prefect, "dev")
        unstable = {"last_polled", "status"}
        assert {k: v for k, v in after.items() if k not in unstable} == {
            k: v for k, v in before.items() if k not in unstable
        }

    def test_what_somebody_changed_is_put_right_and_named(self, prefect: PrefectEngine) -> None:
        address = f"{prefect.ui_url}/api/deployments/{_read(prefect, 'dev')['id']}"
        changed = httpx.patch(address, json={"paused": False, "description": "mine"}, trust_env=False)
        changed.raise_for_status()
        done = _call(prefect.environment, "--env", "dev")
        assert "assign_tree_flow/dev: updated (paused, description)" in done.stdout
        assert _read(prefect, "dev")["paused"] is True

    def test_schedule_concurrency_and_parameters(self, prefect: PrefectEngine, prod: dict[str, Any]) -> None:
        dev = _read(prefect, "dev")
        assert dev["paused"] is True
        assert prod["paused"] is False
        for found in (dev, prod):
            (schedule,) = found["schedules"]
            assert schedule["schedule"]["cron"] == "0 */2 * * *"
            assert schedule["schedule"]["timezone"] == "UTC"
            assert found["global_concurrency_limit"]["limit"] == 1
            assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"
            assert found["parameters"]["connection"] == "treetracker-db"
            assert "tree_clusters" in found["tags"]
            assert found["version"] and found["description"]

    def test_worker_and_run_work_as_they_are_typed(
        self,
        prefect: PrefectEngine,
        prod: dict[str, Any],
        sample_url: str,
        slack: SlackSink,
        tmp_path: Path,
    ) -> None:
        env = prefect.environment
        save_blocks(
            env,
            ("database", "treetracker-db", sample_url),
            ("slack", "slack-notifications", slack.url),
        )
        worker = Service(
            "the worker",
            [PREFECT, "worker", "start", "--pool", "replant-prod"],
            log=tmp_path / "worker.log",
            env=env | {"PREFECT_WORKER_QUERY_SECONDS": "1"},
            cwd=tmp_path,
        )
        with worker:
            done = subprocess.run(
                [PREFECT, "deployment", "run", "assign_tree_flow/prod", "--watch"],
                env=env,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        assert done.returncode == 0, done.stdout + done.stderr + worker.tail()
        with connected(sample_url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM clusters")
            assert cursor.fetchone() != (0,)
        (said,) = slack.texts
        assert "succeeded" in said


def test_a_server_that_does_not_answer_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_CLIENT_MAX_RETRIES": "0",
    }
    began = time.monotonic()
    done = _call(env, "--env", "dev")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"http://127.0.0.1:{port}/api does not answer" in done.stderr
    assert time.monotonic() - began < 40


def test_without_an_api_nothing_is_started_and_it_says_what_to_do(tmp_path: Path) -> None:
    done = _call({"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, "--env", "dev")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "prefect server start" in done.stderr


def test_a_name_that_does_not_exist_is_answered_with_those_that_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert deployment.main(["--env", "dev", "--only", "no_such"]) == 2
    assert "tree_clusters" in capsys.readouterr().err
