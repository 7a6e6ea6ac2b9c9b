"""Runs that were saved are there again, at the same address."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from engines.postgres import Cluster
from engines.prefect import PrefectEngine
from engines.run import RunRequest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_saved_runs_come_back_with_their_links_but_no_blocks(
    postgres: Cluster, prefect: PrefectEngine, sample_url: str, tmp_path: Path
) -> None:
    run = prefect.run(RunRequest("tree_clusters", sample_url, tmp_path / "logs"))
    saved = tmp_path / "saved"
    assert prefect.save(saved)
    assert all(file.stat().st_mode & 0o077 == 0 for file in saved.rglob("*.sql"))
    # The first server still holds the port that the saved runs' links have.
    text = (saved / "prefect.json").read_text()
    port = str(httpx.URL(str(prefect.ui_url)).port)
    assert port in text
    (saved / "prefect.json").write_text(text.replace(port, "0"))
    with PrefectEngine(
        "in-process", folder=tmp_path / "again", log_dir=tmp_path, metadata_url=postgres.url(), restore=saved
    ) as again:
        api = f"{again.ui_url}/api"
        found = httpx.get(f"{api}/flow_runs/{run.engine_run_id}", trust_env=False).raise_for_status().json()
        assert found["state"]["type"] == "COMPLETED"
        counted = httpx.post(f"{api}/block_documents/count", json={}, trust_env=False).raise_for_status()
        assert counted.json() == 0
        asks = {"Accept": "text/html"}
        page = httpx.get(f"{again.ui_url}/runs/flow-run/{run.engine_run_id}", headers=asks, trust_env=False)
        assert page.status_code == 200
