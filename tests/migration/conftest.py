"""A recorder for the tests, and files to record."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migration.graph import Recording
from migration.recorder.run import Limits, Recorder


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    """One server for all tests, with a short time limit."""
    with Recorder(limits=Limits(seconds=4)) as started:
        yield started


@pytest.fixture
def recorded(recorder: Recorder, tmp_path: Path) -> Callable[[str], Recording]:
    """Give a function that records the text of a DAG file."""

    def record(text: str, name: str = "dag_file.py") -> Recording:
        folder = tmp_path / "dags"
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.write_text(textwrap.dedent(text))
        return recorder.record(file, [folder])

    return record
