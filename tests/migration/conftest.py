"""A recorder for the tests, and files to record."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migration.convert import convert_file
from migration.graph import Recording
from migration.manifest import DagResult
from migration.recorder.run import Limits, Recorder
from migration.writing.output import RUNTIME
from tests.migration.running import Ran, run_flow
from tests.prefect_events import send_and_forget_events

_NUMBERS = itertools.count(1)


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


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Prefect server for all tests that run flows, and the runtime on the import path."""
    home = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(home))
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        patch.syspath_prepend(str(RUNTIME))
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
        from prefect.testing.utilities import prefect_test_harness

        send_and_forget_events()
        # a flow run with a heartbeat waits a second for it at its end
        with (
            prefect_test_harness(server_startup_timeout=180),
            temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        ):
            yield


@pytest.fixture
def run_text(prefect_server: None, tmp_path: Path) -> Callable[..., Ran]:
    """Give a function that writes a module, runs its flow `main` and gives the states."""

    def run(text: str, **parameters: object) -> Ran:
        return run_flow(textwrap.dedent(text), tmp_path / f"flow_{next(_NUMBERS)}.py", "main", parameters)

    return run


@dataclass
class Converted:
    """One DAG file's conversion: its text, its manifest, and its run under Prefect."""

    text: str
    dag: DagResult
    run: Callable[..., Ran]
    deployment: dict[str, Any]
    run_flow: Callable[..., Ran]
    """Runs another flow of the file, by its function's name."""
    run_patched: Callable[..., Ran]
    """Runs the flow after a function has changed its module."""

    def note(self, name: str) -> tuple[str, str]:
        """Give an attribute's status and note."""
        return next((item.status, item.note) for item in self.dag.items if item.name == name)


@pytest.fixture
def converted(
    recorded: Callable[[str], Recording], prefect_server: None, tmp_path: Path
) -> Callable[[str], Converted]:
    """Give a function that converts the text of a DAG file with one DAG."""

    def convert(text: str) -> Converted:
        recording = recorded(text)
        assert recording.reason is None, recording.reason
        result = convert_file(recording, [tmp_path / "dags"], None)
        assert not result.crash, result.crash
        dag = result.dags[0]

        def run(**parameters: object) -> Ran:
            return run_flow(result.text, tmp_path / f"made_{next(_NUMBERS)}.py", dag.flow, parameters)

        def of_flow(name: str, **parameters: object) -> Ran:
            return run_flow(result.text, tmp_path / f"made_{next(_NUMBERS)}.py", name, parameters)

        def patched(change: Callable[[Any], None], **parameters: object) -> Ran:
            file = tmp_path / f"made_{next(_NUMBERS)}.py"
            return run_flow(result.text, file, dag.flow, parameters, change)

        return Converted(result.text, dag, run, result.deployments[0][1], of_flow, patched)

    return convert
