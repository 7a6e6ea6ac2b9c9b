"""Default arguments reach the operators that take them, as in real Airflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migration.arguments.accepted import BASE, OWN
from tests.migration.in_airflow import arguments_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
DAG = """
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
{imports}
def work(*given): print(given)
with DAG("d", schedule=None, default_args={default_args}):
    PythonOperator(task_id="a", python_callable=work)
    {more}
"""


def test_what_stays(converted: Any) -> None:
    for default_args in ({"logger_name": "mine"}, {"retry_policy": "x"}):  # taken, and without a rule
        made = converted(DAG.format(default_args=default_args, imports="", more=""))
        assert made.dag.status == "refused", default_args
    unknown = DAG.format(
        default_args={"size": 3},
        imports="from airflow.providers.x import XOperator",
        more="XOperator(task_id='x')",
    )
    assert converted(unknown).dag.status == "refused"
    called = "PythonOperator(task_id='b', python_callable=work, size=3)"
    assert converted(DAG.format(default_args={}, imports="", more=called)).dag.status == "refused"


def test_what_an_operator_does_not_take_is_passed_over(converted: Any) -> None:
    made = converted(
        DAG.format(
            default_args={"bash_command": "echo yes", "op_args": [1], "postgres_conn_id": "main", "size": 3},
            imports="",
            more="BashOperator(task_id='b')",
        )
    )
    assert made.dag.status == "converted", made.dag.items
    assert (
        made.note("a.size")[0] == "converted" and "PythonOperator does not take it" in made.note("a.size")[1]
    )
    assert made.run().state == "COMPLETED"
    assert 'bash.submit("echo yes")' in made.text and "work.submit(1)" in made.text


def test_the_arguments_are_airflows(tmp_path: Path) -> None:
    real = arguments_in_airflow(tmp_path)
    assert set(real.pop("BaseOperator")) <= BASE
    compared = OWN.keys() & real.keys()
    assert OWN.keys() - compared == {"DummyOperator"}
    for name in compared:
        assert set(real[name]) - BASE <= OWN[name], name
