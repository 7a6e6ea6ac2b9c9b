"""TriggerDagRunOperator: another flow's deployment is started, with conf where that flow reads it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Completed, Failed
from prefect.utilities.callables import parameter_schema

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
SOURCE = """
from airflow import DAG
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
with DAG("controller", schedule=None):
    given = {{"message": "hello", "other": 1}}
    TriggerDagRunOperator(task_id="start", trigger_dag_id="{target}", conf=given{more})
"""


def deployed(name: str, takes_conf: bool) -> None:
    """Register a flow that takes conf, or params, as `prefect deploy` does; nothing runs it."""

    @flow(name=name)
    def reading(conf: dict[str, Any] | None = None) -> None:
        pass

    @flow(name=name)
    def with_params(message: str = "none", size: int = 1) -> None:
        pass

    made = reading if takes_conf else with_params
    with get_client(sync_client=True) as client:
        schema = parameter_schema(made).model_dump()
        client.create_deployment(client.create_flow(made), name, parameter_openapi_schema=schema)


def runs_of(name: str) -> list[FlowRun]:
    """Give the runs of a flow."""
    own = FlowFilter.model_validate({"name": {"any_": [name]}})
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(flow_filter=own)


@pytest.mark.parametrize("takes_conf", [True, False])
def test_what_stays(converted: Any, takes_conf: bool) -> None:
    name = f"target_{takes_conf}"
    deployed(name, takes_conf)
    made = converted(SOURCE.format(target=name, more=""))
    assert made.dag.status == "converted" and "replant_" not in made.text
    ran = made.run()
    assert (ran.of("start"), ran.state) == ("success", "COMPLETED")
    [started] = runs_of(name)
    assert started.parameters == (
        {"conf": {"message": "hello", "other": 1}} if takes_conf else {"message": "hello"}
    )
    assert started.state is not None and started.state.is_scheduled()


@pytest.mark.parametrize(("end", "state"), [(Completed(), "COMPLETED"), (Failed(), "FAILED")])
def test_it_waits_for_the_end_and_fails_with_it(converted: Any, end: State[Any], state: str) -> None:
    name = f"awaited_{state.lower()}"
    deployed(name, takes_conf=True)
    made = converted(SOURCE.format(target=name, more=", wait_for_completion=True"))
    ending = threading.Thread(target=_end, args=(name, end))
    ending.start()
    ran = made.run()
    ending.join()
    assert ran.state == state


def _end(name: str, state: State[Any]) -> None:
    deadline = time.monotonic() + 60
    while not (found := runs_of(name)) and time.monotonic() < deadline:
        time.sleep(0.2)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(found[0].id, state, force=True)
