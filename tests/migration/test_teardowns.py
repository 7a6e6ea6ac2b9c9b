"""Setups and teardowns without the runtime end as in real Airflow; else the runtime stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.migration.in_airflow import ends_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
DAG = """
import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
FAILING = {failing!r}
def act(name, given=None):
    if name in FAILING: raise ValueError("as planned")
    return name
def made(name, given=None):
    return PythonOperator(task_id=name, python_callable=act, op_args=[name], op_kwargs={{"given": given}})
with DAG("d", schedule=None, start_date=datetime.datetime(2024, 1, 1)):
    first, work, more, inner, deep, behind = [made(n) for n in
                                              ("first", "work", "more", "inner", "deep", "behind")]
    up, inside = made("up").as_setup(), inner.as_setup()
    down = made("down", up.output).as_teardown(setups=up{ends})
    first >> up >> work >> inner >> deep >> made("inner_down").as_teardown(setups=inner) >> more >> down
    down >> behind
    up >> made("lonely") >> down
"""
CASES = {
    "good": ((), ""),
    "setup": (("up",), ""),
    "before": (("first",), ""),
    "work": (("work",), ""),
    "inner": (("inner",), ""),
    "deep": (("deep", "lonely"), ""),
    "teardown": (("down",), ""),
    "both": (("work", "down"), ""),
    "counts": (("inner_down",), ", on_failure_fail_dagrun=True"),
}
"""By name: the tasks that fail, and what else the outer teardown is told."""


def text_of(case: str) -> str:
    """Give a case's DAG file."""
    failing, ends = CASES[case]
    return DAG.format(failing=failing, ends=ends)


@pytest.fixture(scope="module")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what Airflow made of each case."""
    folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
    for case in CASES:
        (folder / f"{case}.py").write_text(text_of(case).replace('DAG("d"', f'DAG("{case}"'))
    return ends_in_airflow(folder, home)


@pytest.mark.parametrize("case", CASES)
def test_it_ends_as_in_airflow(converted: Any, in_airflow: dict[str, Any], case: str) -> None:
    made, real = converted(text_of(case)), in_airflow[case]
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    ran = made.run()
    found = {
        name: ["upstream_failed" if ran.of(name) == "not called" else ran.of(name)] for name in real["tasks"]
    }
    assert (found, ran.state) == (real["tasks"], {"success": "COMPLETED", "failed": "FAILED"}[real["run"]])


BEGIN = """
    from airflow import DAG
    from airflow.operators.python import PythonOperator
    def one(): return 1
    def take(given): return given
    def made(name): return PythonOperator(task_id=name, python_callable=one)
    with DAG("d", schedule=None):
"""
PLAIN_END = 'made("down").as_teardown(setups=[up])'


@pytest.mark.parametrize(
    "lines",
    [
        'up, other = made("up").as_setup(), made("other").as_setup(); '
        '[up, other] >> made("w") >> made("down").as_teardown(setups=[up, other])',
        'up, w = made("up").as_setup(), made("w"); up >> w >> PythonOperator(task_id="down", '
        'python_callable=take, op_args=[w.output]).as_teardown(setups=up)',
        f'up, a, b = made("up").as_setup(), made("a"), made("b"); up >> [a, b] >> made("w") >> {PLAIN_END}',
        f'up, w = made("up").as_setup(), made("w"); up >> w >> {PLAIN_END}; '
        'w >> PythonOperator(task_id="z", python_callable=one, trigger_rule="all_done")',
    ],
    ids=["several setups", "a result of the work", "work beside work", "another rule"],
)  # fmt: skip
def test_what_waiting_does_not_keep_takes_the_runtime(converted: Any, lines: str) -> None:
    made = converted(f"{BEGIN}        {lines}\n")
    assert made.dag.status == "converted", made.dag.items
    assert 'kind="teardown"' in made.text and 'kind="setup"' in made.text
