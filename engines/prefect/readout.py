"""What the server knows of a flow run, as a Run's tasks, error and log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engines.run import TaskRun, TaskState
from pipelines.catalog import Pipeline, part_name
from pipelines.secrets import mask_values

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, Log
    from prefect.client.schemas.objects import TaskRun as PrefectTaskRun

PAGE = 200
SETTLE_SECONDS = 20.0
"""How long is waited for task runs, which reach the server after the flow run's end."""
LOG_SECONDS = 4.0
"""The same for log lines; a process sends them every 2 s."""
QUIET_SECONDS = 1.5
LOG = "prefect.log"
NOTIFY = "notify"


@dataclass(frozen=True)
class Expected:
    """What task runs a completed flow run has."""

    names: tuple[str, ...]
    """Of the tasks that it always has, in their order."""
    order: Callable[[str], tuple[int, int]]
    parts: Mapping[str, str]
    """Where a step can be split: the task that runs once per part, by the task that plans the parts."""
    results: Path
    """The folder with the results of tasks."""

    @classmethod
    def of(cls, pipeline: Pipeline, results: Path) -> Expected:
        """Expect one task run per step, those of parts where there were any, and the notice."""
        names = (*(step.name for step in pipeline.steps), NOTIFY)
        parts = {split.plan: split.part for split in pipeline.splits}
        return cls(names, pipeline.task_order, parts, results)

    def all_there(self, ended: Sequence[PrefectTaskRun]) -> bool:
        """Say whether these are all, the number of parts being what the plan's result says."""
        known = {name_of(run): run for run in ended}
        planned = [(run, self.parts[name]) for name, run in known.items() if name in self.parts]
        return all(name in known for name in self.names) and all(
            part_name(part, number) in known
            for run, part in planned
            for number in range(len((_result(run, self.results) or {}).get("value", ())))
        )


def name_of(run: PrefectTaskRun) -> str:
    """Name the task of a task run. Prefect adds three characters: "assign_regions-4b2"."""
    return run.name.rpartition("-")[0] or run.name


def settled_task_runs(
    client: SyncPrefectClient, flow_run: FlowRun, expected: Expected
) -> Sequence[PrefectTaskRun]:
    """Give the task runs of a flow run that has ended, once they are all there.

    What a completed flow run has is `expected`. Of one that was not completed nobody knows the number: the
    list is taken when each has ended and none came for a moment; where the flow's process was cut off, its
    last task run never ends.
    """
    completed = flow_run.state is not None and flow_run.state.is_completed()
    failed = flow_run.state is not None and flow_run.state.is_failed()
    deadline = time.monotonic() + SETTLE_SECONDS
    quiet_since = time.monotonic()
    known = -1
    while True:
        found = _task_runs(client, flow_run.id)
        ended = [run for run in found if run.state is not None and run.state.is_final()]
        if len(found) + len(ended) != known:
            known, quiet_since = len(found) + len(ended), time.monotonic()
        now = time.monotonic()
        if completed and expected.all_there(ended):
            return found
        quiet = now - quiet_since > QUIET_SECONDS
        if not completed and quiet and (len(ended) == len(found) or not failed):
            return found
        if now > deadline:
            return found
        time.sleep(0.1)


def _task_runs(client: SyncPrefectClient, flow_run_id: UUID) -> list[PrefectTaskRun]:
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    return client.read_task_runs(flow_run_filter=of_run, limit=PAGE)


def tasks_of(runs: Sequence[PrefectTaskRun], expected: Expected, ended: bool) -> tuple[TaskRun, ...]:
    """Give one TaskRun per task, in order; an expected one that Prefect never made is `not_run`.

    With `ended`, a task run that is not final is one that was cut off with its flow run: `failed`.
    """
    known = {*expected.names, *expected.parts.keys(), *expected.parts.values()}
    found = {
        name: _task(name, run, expected.results, ended)
        for run in runs
        if (name := name_of(run)).partition("[")[0] in known
    }
    missing = {
        name: TaskRun(name=name, state="not_run", queued=None, started=None, ended=None, try_number=0)
        for name in expected.names
    }
    return tuple(sorted((missing | found).values(), key=lambda task: expected.order(task.name)))


def _task(name: str, run: PrefectTaskRun, results: Path, ended: bool) -> TaskRun:
    return TaskRun(
        name=name,
        state=_state(run, ended),
        queued=run.expected_start_time,
        started=run.start_time,
        ended=run.end_time,
        try_number=run.run_count,
        result=_result(run, results),
        log=LOG,
    )


def _state(run: PrefectTaskRun, ended: bool) -> TaskState:
    state = run.state
    if state is None:
        return "not_run"
    if state.is_completed():
        return "skipped" if state.name == "Skipped" else "success"
    if state.is_failed() or state.is_crashed() or state.is_cancelled():
        return "failed"
    if state.name == "NotReady":
        return "upstream_failed"
    return "failed" if ended and state.is_running() else "not_run"


def _result(run: PrefectTaskRun, results: Path) -> Mapping[str, Any] | None:
    """Read a result that a task of this machine kept as JSON; None if there is none."""
    if run.state is None or not run.state.is_completed():
        return None
    key = getattr(run.state.data, "storage_key", None)
    if key is None:
        return None
    try:
        record = json.loads((results / Path(key).name).read_text())
        value = json.loads(record["result"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # kept elsewhere: the flow of a pipeline of one's own may store as it likes
    return value if isinstance(value, dict) else {"value": value}


def write_log(
    client: SyncPrefectClient,
    flow_run_id: UUID,
    task_runs: Sequence[PrefectTaskRun],
    target: Path,
    secrets: tuple[str, ...],
) -> None:
    """Write the run's log, as the server has it, to a file that only the user can read.

    Waits a moment for the line that tells the flow run's last state: lines reach the server in batches, and
    of a run that was cut off that line never comes.
    """
    deadline = time.monotonic() + LOG_SECONDS
    lines = _logs(client, flow_run_id)
    while not any(_is_last(line) for line in lines) and time.monotonic() < deadline:
        time.sleep(0.25)
        lines = _logs(client, flow_run_id)
    names = {run.id: run.name for run in task_runs}
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        for line in lines:
            source = names.get(line.task_run_id, line.name) if line.task_run_id else line.name
            text = f"{line.timestamp.isoformat()} {_level(line.level)} {source}: {line.message}"
            file.write(mask_values(text, secrets) + "\n")


def _is_last(line: Log) -> bool:
    return line.name == "prefect.flow_runs" and "Finished in state" in line.message


def _level(number: int) -> str:
    names = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
    return names.get(number, str(number))


def _logs(client: SyncPrefectClient, flow_run_id: UUID) -> list[Log]:
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
    from prefect.client.schemas.sorting import LogSort

    of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id]))
    found: list[Log] = []
    while True:
        page = client.read_logs(of_run, limit=PAGE, offset=len(found), sort=LogSort.TIMESTAMP_ASC)
        found += page
        if len(page) < PAGE:
            return found
