"""Runs a flow file under a real Prefect server and gives Airflow's states of its tasks."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from prefect.client.schemas.objects import State
from prefect.task_engine import SyncTaskRunEngine

NAMES = {"Skipped": "skipped", "UpstreamFailed": "upstream_failed"}


@dataclass
class Ran:
    """One flow run: its state's type, and the states of each task's runs."""

    state: str
    tasks: dict[str, Counter[str]] = field(default_factory=dict)
    module: Any = None

    def of(self, name: str) -> str:
        """Give the state of a task that ran once, or say that it was not called, or not ready."""
        if name not in self.tasks:
            return "not called"
        assert self.tasks[name].total() == 1, self.tasks[name]
        return next(iter(self.tasks[name]))


def run_flow(
    text: str, file: Path, flow: str, parameters: dict[str, Any], change: Callable[[Any], None] | None = None
) -> Ran:
    """Write, import, change and run it."""
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if change is not None:
        change(module)
    with task_states() as tasks:
        state = getattr(module, flow)(return_state=True, **parameters)
    return Ran(state.type.value, _counted(tasks.values()), module)


@contextmanager
def task_states() -> Iterator[dict[UUID, tuple[str, Any]]]:
    """Collect each task run's name and last state from the engine, which knows them before a server does."""
    found: dict[UUID, tuple[str, Any]] = {}
    original = SyncTaskRunEngine.set_state

    def noted(engine: SyncTaskRunEngine[Any, Any], state: State[Any], force: bool = False) -> State[Any]:
        settled = original(engine, state, force)
        assert engine.task_run is not None
        found[engine.task_run.id] = engine.task.name, settled
        return settled

    with patch.object(SyncTaskRunEngine, "set_state", noted):
        yield found


def _counted(tasks: Iterable[tuple[str, Any]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for name, final in tasks:
        if final.is_final():
            state = NAMES.get(final.name, "success" if final.is_completed() else "failed")
            found.setdefault(name, Counter())[state] += 1
    return found
