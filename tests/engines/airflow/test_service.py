"""The Airflow that replant starts: where it listens, what it tells, and that it ends with its session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engines.airflow import AirflowEngine
from engines.ports import free_ports
from engines.postgres import Cluster
from engines.run import RunRequest
from pipelines.errors import CannotProceedError
from tests.slack_sink import SlackSink

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

DAG = "assign_tree_to_cluster"


def test_only_loopback_is_listened_on(airflow: AirflowEngine) -> None:
    listening = []
    for root in airflow.server_pids():
        for process in [psutil.Process(root), *psutil.Process(root).children(recursive=True)]:
            try:
                connections = process.net_connections("inet")
            except psutil.AccessDenied:
                # Airflow hides its tasks' processes from everybody but root.
                assert "airflow worker" in " ".join(process.cmdline())
                continue
            listening += [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]
    assert [address.ip for address in listening] == ["127.0.0.1"]
    assert f":{listening[0].port}" in str(airflow.ui_url)


def test_what_cannot_be_imported_is_told(airflow: AirflowEngine, sample_url: str, log_dir: Path) -> None:
    from engines.airflow.rest_run import wait_for_dag

    assert airflow.login_file is not None
    broken = airflow.login_file.parent.parent / "dags" / "broken.py"
    broken.write_text("from airflow.sdk import dag\nimport no_such_module\n")
    try:
        deadline = time.monotonic() + 30
        while not airflow.client.import_errors():
            assert time.monotonic() < deadline
            time.sleep(0.2)
        with pytest.raises(CannotProceedError, match=r"(?s)no DAG missing.*broken\.py.*no_such_module"):
            wait_for_dag(airflow.client, "missing", lambda: None)
    finally:
        broken.unlink()


def test_a_session_that_is_killed_leaves_no_process(
    airflow: AirflowEngine, postgres: Cluster, sample_url: str, log_dir: Path, tmp_path: Path
) -> None:
    """The second session starts on the saved runs of the first, shows them, and is then killed."""
    run = airflow.run(
        RunRequest("tree_clusters", sample_url, log_dir, label="killed", settings={"dry_run": True})
    )
    assert airflow.save(tmp_path / "saved") is True
    kept = (tmp_path / "saved" / "metadata.sql").read_text()
    assert "replant_test" not in kept.partition("COPY public.connection ")[2].partition("\\.")[0]
    script = Path(__file__).with_name("killed_session.py")
    # The port of the saved session is still in use by that session.
    env = os.environ | {
        "METADATA_URL": postgres.url(),
        "PORT": str(free_ports(1)[0]),
        "RUN": str(run.engine_run_id),
    }
    ours = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], env=env, stdout=subprocess.PIPE, text=True
    )
    assert ours.stdout is not None
    told = json.loads(ours.stdout.readline())
    assert told["runs"] == sorted(known.run_id for known in airflow.client.runs(DAG))
    assert "count_new_trees: {'new_trees'" in told["log"]
    assert len(told["pids"]) > 8, "guards, servers and LocalExecutor's workers"
    ours.kill()
    ours.wait()
    _gone, alive = psutil.wait_procs([psutil.Process(p) for p in told["pids"] if psutil.pid_exists(p)], 30)
    assert alive == []


def test_something_that_is_no_airflow_is_told_at_the_start(
    slack: SlackSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPLANT_AIRFLOW_TOKEN", "token-canary")
    url = slack.url.partition("/services")[0]
    engine = AirflowEngine("dispatched", folder=tmp_path, log_dir=tmp_path, metadata_url="", airflow_url=url)
    with pytest.raises(CannotProceedError, match=url) as told, engine:
        pass
    assert "canary" not in str(told.value)
