"""Runs a flow file under a real Prefect server and gives Airflow's states of its tasks."""

from __future__ import annotations

import importlib.util
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = {"Skipped": "skipped", "UpstreamFailed": "upstream_failed"}


@dataclass
class Ran:
    """One flow run: its state's type, and the states of each task's runs."""

    state: str
    tasks: dict[str, Counter[str]] = field(default_factory=dict)
    module: Any = None

    def of(self, name: str) -> str:
        """Give the state of a task that ran once."""
        assert self.tasks[name].total() == 1, self.tasks[name]
        return next(iter(self.tasks[name]))


def run_flow(text: str, file: Path, flow: str, parameters: dict[str, Any]) -> Ran:
    """Write, import and run it."""
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    state = getattr(module, flow)(return_state=True, **parameters)
    return Ran(state.type.value, _tasks(state.state_details.flow_run_id), module)


def _tasks(flow_run: Any) -> dict[str, Counter[str]]:
    """Read the task runs, once no more arrive; they reach the server after the flow has ended."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    chosen = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))
    seen = -1
    with get_client(sync_client=True) as client:
        for _ in range(60):
            runs = client.read_task_runs(flow_run_filter=chosen)
            ended = [run for run in runs if run.state and run.state.is_final()]
            if len(ended) == len(runs) == seen:
                break
            seen = len(runs)
            time.sleep(0.25)
    found: dict[str, Counter[str]] = {}
    for run in ended:
        name = run.name.rsplit("-", 1)[0]
        final: Any = run.state
        state = NAMES.get(final.name, "success" if final.is_completed() else "failed")
        found.setdefault(name, Counter())[state] += 1
    return found
