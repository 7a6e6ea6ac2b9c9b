"""Runs that were saved are there again, at the same address; a server that ends is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from engines.databases import create_database, drop_database
from engines.postgres import Cluster
from engines.prefect import PrefectEngine
from engines.run import Run, RunRequest
from pipelines.errors import CannotProceedError

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
Reopened = tuple[PrefectEngine, Run, str]


@pytest.fixture(scope="module")
def reopened(
    postgres: Cluster,
    prefect: PrefectEngine,
    sample_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Reopened]:
    """A second server on the saved runs of the first, one of its runs, and a database to run on."""
    folder: Path = tmp_path_factory.mktemp("saved")
    url = create_database(postgres.url(), "reopened", template=sample_database)
    run = prefect.run(RunRequest("tree_clusters", url, folder / "logs"))
    saved = folder / "saved"
    assert prefect.save(saved)
    assert all(file.stat().st_mode & 0o077 == 0 for file in saved.rglob("*.sql"))
    # The first server still holds the port that the saved runs' links have.
    text = (saved / "prefect.json").read_text()
    port = str(httpx.URL(str(prefect.ui_url)).port)
    assert port in text
    (saved / "prefect.json").write_text(text.replace(port, "0"))
    with PrefectEngine(
        "in-process", folder=folder / "again", log_dir=folder, metadata_url=postgres.url(), restore=saved
    ) as engine:
        yield engine, run, url
    drop_database(postgres.url(), "reopened")


def test_saved_runs_come_back_with_their_pages_but_no_blocks(reopened: Reopened) -> None:
    engine, run, _ = reopened
    api = f"{engine.ui_url}/api"
    found = httpx.get(f"{api}/flow_runs/{run.engine_run_id}", trust_env=False).raise_for_status().json()
    assert found["state"]["type"] == "COMPLETED"
    counted = httpx.post(f"{api}/block_documents/count", json={}, trust_env=False).raise_for_status()
    assert counted.json() == 0
    asks = {"Accept": "text/html"}
    page = httpx.get(f"{engine.ui_url}/runs/flow-run/{run.engine_run_id}", headers=asks, trust_env=False)
    assert page.status_code == 200


def test_a_server_that_ended_is_one_sentence(reopened: Reopened, log_dir: Path) -> None:
    engine, _, url = reopened
    (guard,) = engine.server_pids()
    server = psutil.Process(guard).children()[0]
    server.kill()
    psutil.Process(guard).wait(20)
    with pytest.raises(CannotProceedError, match="Prefect's server ended with code"):
        engine.run(RunRequest("tree_clusters", url, log_dir))
