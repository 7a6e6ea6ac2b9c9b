"""Queues and priorities are left out: with them, real Airflow ends the tasks as the flow does without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.migration.in_airflow import ends_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
DAG = """
import datetime
from airflow import DAG
from airflow.exceptions import AirflowSkipException
from airflow.operators.python import PythonOperator
def act(name):
    if name == "fails": raise ValueError("as planned")
    if name == "skips": raise AirflowSkipException("as planned")
def made(name, rule="all_success", **more):
    return PythonOperator(task_id=name, python_callable=act, op_args=[name], trigger_rule=rule, **more)
with DAG("d", schedule=None, start_date=datetime.datetime(2024, 1, 1){of_all}):
    first, fails, skips = made("first"{of_first}), made("fails"{of_fails}), made("skips")
    first >> [fails, skips, made("fine"{of_fine})] >> made("end", "all_done"{of_end}) >> made("last")
    fails >> made("behind"{of_fine})
    skips >> made("beside") >> made("late", "none_failed"{of_end})
"""
PLACES = ("of_all", "of_first", "of_fails", "of_fine", "of_end")
ARGUMENTS = {
    "priority": (
        ', default_args={"priority_weight": 3}', ', priority_weight=1, weight_rule="upstream"',
        ', weight_rule="absolute"', ", priority_weight=100", ", priority_weight=7",
    ),
    "queue": (', default_args={"queue": "small"}', ', queue="big"', ', queue="default"', "", ', queue="gpu"'),
}  # fmt: skip
"""By the paragraph of docs/semantics.md: what is added at each place of the DAG."""


def text_of(case: str) -> str:
    """Give the DAG with a case's arguments, or with none."""
    return DAG.format(**dict(zip(PLACES, ARGUMENTS.get(case, [""] * len(PLACES)), strict=True)))


@pytest.fixture(scope="module")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what Airflow made of each case, and of the DAG without any of the arguments."""
    folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
    for case in ("plain", *ARGUMENTS):
        (folder / f"{case}.py").write_text(text_of(case).replace('DAG("d"', f'DAG("{case}"'))
    return ends_in_airflow(folder, home)


@pytest.mark.parametrize("case", ARGUMENTS)
def test_the_flow_with_it_is_the_flow_without_and_ends_as_airflow_does(
    converted: Callable[[str], Any], in_airflow: dict[str, Any], case: str
) -> None:
    made = converted(text_of(case))
    assert made.dag.status == "converted" and made.text == converted(text_of("plain")).text
    told = {item.paragraph for item in made.dag.items if item.name.startswith(("first.", "end."))}
    assert case in told
    ran, real = made.run(), in_airflow[case]
    assert real == in_airflow["plain"]
    found = {name: [ran.of(name)] for name in real["tasks"]}
    assert (found, ran.state) == (real["tasks"], {"success": "COMPLETED", "failed": "FAILED"}[real["run"]])
    assert {states[0] for states in found.values()} == {"success", "failed", "skipped", "upstream_failed"}
