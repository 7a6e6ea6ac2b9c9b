"""A second engine on the same server: in process, as with a user's own API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.prefect import PrefectEngine


@pytest.fixture(scope="session")
def prefect_in_process(
    prefect: PrefectEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrefectEngine]:
    """The flow is called in a process; the API is the one that `prefect` started."""
    folder: Path = tmp_path_factory.mktemp("prefect-in-process")
    with PrefectEngine(
        "in-process",
        folder=folder / "session",
        log_dir=folder / "logs",
        metadata_url="",
        api_url=f"{prefect.ui_url}/api",
    ) as engine:
        yield engine
