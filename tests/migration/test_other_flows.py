"""Sensors of other flows: a run is found by its moment, and asked for its tasks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.migration.running import Ran

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FLOW = """
from prefect import flow, task
from replant_runtime import *
@task(name="work")
def work():
    if {fails}: raise ValueError("no")
@flow(name="{name}")
def main():
    return submit(work)
"""


def test_another_flows_run_is_found_by_its_moment(run_text: Callable[..., Ran]) -> None:
    import replant_past  # type: ignore[import-not-found]

    good = FLOW.format(fails=False, name="other good")
    run_text(good.replace('name="work"', 'name="group.work"'))
    run_text(FLOW.format(fails=True, name="other bad"))
    moments = {name: _scheduled(name) for name in ("other good", "other bad")}
    look = replant_past.require_other_flow
    assert look("other good", moments["other good"], [], True)
    _within(60, lambda: look("other good", moments["other good"], ["group.work"], True))
    assert look("other good", moments["other good"], [], True, "group")
    with pytest.raises(RuntimeError, match="no tasks in the group"):
        look("other good", moments["other good"], [], True, "other")
    assert not look("other good", datetime(2020, 1, 1, tzinfo=UTC), [], True)
    assert not look("other bad", moments["other bad"], [], False)
    _within(60, lambda: replant_past.other_flow_state("other bad", moments["other bad"], ["work"]))
    with pytest.raises(RuntimeError, match="failed"):
        look("other bad", moments["other bad"], ["work"], True)


SENSOR = """
    from datetime import timedelta
    from airflow import DAG
    from airflow.sensors.external_task import ExternalTaskSensor
    with DAG("waits", schedule="0 18 * * *"):
        ExternalTaskSensor(task_id="t", external_dag_id="o", execution_delta=timedelta(hours=6),
                           poke_interval=1, timeout=10, {more})
"""


def test_a_plain_sensor_waits_for_another_flow(converted: Any, run_text: Callable[..., Ran]) -> None:
    made = converted(SENSOR.format(more="external_task_ids=['work', 'works']"))
    assert made.dag.status == "converted" and "replant_" not in made.text
    two = FLOW.replace("    return", '    submit(work.with_options(name="works"))\n    return')
    run_text(two.format(fails=False, name="o"))
    good = _scheduled("o")
    ran = made.run_patched(lambda module: setattr(module, "flow_run", _at(good + timedelta(hours=6))))
    assert ran.of("t") == "success"
    assert made.run_patched(lambda module: setattr(module, "flow_run", _at(good))).of("t") == "failed"
    run_text(FLOW.format(fails=True, name="o bad"))
    bad = _scheduled("o bad")
    look = ran.module.other_flow_succeeded
    assert look("o", good, []) and look("o", good, ["work"]) and not look("o", good, ["work", "wor"])
    assert not look("o", good - timedelta(seconds=5), []) and not look("o bad", bad, [])
    import replant_past

    _within(60, lambda: replant_past.other_flow_state("o bad", bad, ["work"]) == "failed")
    assert not look("o bad", bad, ["work"])
    run_text(SKIPPED)
    skipped = _scheduled("o skipped")
    _within(60, lambda: replant_past._state(replant_past._runs("o skipped", _now())[0], "work") == "success")
    assert replant_past.other_flow_state("o skipped", skipped, ["work"]) is None
    assert not look("o skipped", skipped, ["work"]) and look("o skipped", skipped, [])


SKIPPED = """
from prefect import flow, task
from replant_runtime import AirflowSkipException, begin, submit
@task(name="work")
def work(): raise AirflowSkipException
@flow(name="o skipped")
def main():
    begin(dag_id="o skipped")
    return submit(work)
"""


def _now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=5)


def _scheduled(name: str) -> Any:
    """Give the moment of a flow's only run."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter

    own = FlowFilter.model_validate({"name": {"any_": [name]}})
    with get_client(sync_client=True) as client:
        [run] = client.read_flow_runs(flow_filter=own)
    return run.expected_start_time


def _at(moment: datetime) -> Any:
    return SimpleNamespace(scheduled_start_time=moment)


@pytest.mark.parametrize("more", ["external_task_group_id='g'", "failed_states=['failed']"])
def test_a_sensor_of_a_group_or_a_failure_takes_the_runtime(converted: Any, more: str) -> None:
    made = converted(SENSOR.format(more=more))
    assert made.dag.status == "converted" and "from replant_past import require_other_flow" in made.text


def _within(seconds: float, answer: Callable[[], Any]) -> None:
    """Ask until the answer is true: task runs reach the server some time after the flow has ended."""
    deadline = time.monotonic() + seconds
    while not answer():
        assert time.monotonic() < deadline
        time.sleep(0.1)
