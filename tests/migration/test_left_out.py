"""What a flow leaves out, or says in another place, has no effect on what is done, as in real Airflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.migration.in_airflow import ends_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
DAG = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, Asset, Label, Param, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskMarker
def note(text):
    with open("{book}", "a") as book: book.write(text + "\\n")
{text}
"""
CASES = {
    "page": """
with DAG("{dag}", schedule=None, start_date=datetime(2024, 1, 1), dag_display_name="A DAG",
         owner_links={"me": "https://example.com"}, doc_md="# Read me", description="Reads") as dag:
    a = PythonOperator(task_id="a", python_callable=note, op_args=["a"], doc_md="first")
    b = PythonOperator(task_id="b", python_callable=note, op_args=["b"])
    a >> Label("then") >> b
""",
    "names": """
with DAG("{dag}", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    a = PythonOperator(task_id="a", python_callable=note, op_args=["a"], task_display_name="The first")
    @task(task_display_name="Each", map_index_template="{{ task.op_kwargs['one'] }}")
    def each(one): note(f"each {one}")
    a >> each.expand(one=[1, 2, 3])
""",
    "lineage": """
with DAG("{dag}", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    PythonOperator(task_id="a", python_callable=note, op_args=["a"], inlets=[Asset("x"), Asset("y")])
""",
    "markers": """
with DAG("{dag}", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    a = PythonOperator(task_id="a", python_callable=note, op_args=["a"])
    mark = ExternalTaskMarker(task_id="mark", external_dag_id="other", external_task_id="waits")
    a >> mark >> PythonOperator(task_id="b", python_callable=note, op_args=["b"])
""",
    "default_args": """
tries = []
def work(name):
    tries.append(name)
    note(name)
    if tries.count(name) < 2: raise ValueError("as planned")
with DAG("{dag}", schedule=None, start_date=datetime(2024, 1, 1),
         default_args={"retries": 1, "retry_delay": timedelta(0), "op_args": ["given"],
                       "trigger_rule": "all_done", "bash_command": "exit 1"}) as dag:
    a = PythonOperator(task_id="a", python_callable=work)
    b = PythonOperator(task_id="b", python_callable=work, op_args=["b"])
    c = PythonOperator(task_id="c", python_callable=note, op_args=["c"], retries=0)
    BashOperator(task_id="fails", retries=0) >> c
    a >> b
""",
    "params": """
with DAG("{dag}", schedule=None, start_date=datetime(2024, 1, 1),
         params={"size": 3, "name": Param("x", type="string"),
                 "none": Param(None, type=["null", "string"])}) as dag:
    def look(params): note(f"{params['size'] + 1} {params['name']} {params['none']}")
    a = PythonOperator(task_id="a", python_callable=look)
    b = PythonOperator(task_id="b", python_callable=note, op_args=["{{ params.size }} {{ params.own }}"],
                       params={"own": [1, 2]})
    a >> b
""",
}
"""By name: a DAG with what is left out."""


def text_of(case: str, book: Path) -> str:
    """Give a case's DAG file, whose tasks write into the book what they do."""
    return DAG.replace("{book}", str(book)).replace("{text}", CASES[case].replace("{dag}", case))


@pytest.fixture(scope="module")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what Airflow made of each case, and what was written into its book."""
    folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
    books = tmp_path_factory.mktemp("books")
    for case in CASES:
        (folder / f"{case}.py").write_text(text_of(case, books / case))
    ends = ends_in_airflow(folder, home)
    return {case: ends[case] | {"book": lines_of(books / case)} for case in CASES}


def lines_of(book: Path) -> list[str]:
    """Give what tasks wrote; those side by side may have done it in any order."""
    return sorted(book.read_text().splitlines())


@pytest.mark.parametrize("case", CASES)
def test_the_same_is_done_as_in_airflow(
    converted: Any, in_airflow: dict[str, Any], tmp_path: Path, case: str
) -> None:
    made, real = converted(text_of(case, tmp_path / "book")), in_airflow[case]
    assert made.dag.status == "converted", [item for item in made.dag.items if item.status == "refused"]
    ran = made.run()
    found = {name: sorted(states.elements()) for name, states in ran.tasks.items()}
    assert (found, ran.state) == (real["tasks"], {"success": "COMPLETED", "failed": "FAILED"}[real["run"]])
    assert real["book"] and lines_of(tmp_path / "book") == real["book"]


def test_parameters_are_the_flows(converted: Any, tmp_path: Path) -> None:
    made = converted(text_of("params", tmp_path / "book"))
    assert made.run(size=7, name="y").state == "COMPLETED"
    assert lines_of(tmp_path / "book") == ["7 [1, 2]", "8 y None"]


UNPUSHED = """
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
def give(): return "given"
def other(ti): print({pull})
with DAG("d", schedule=None):
    a = PythonOperator(task_id="a", python_callable=give, do_xcom_push=False)
    b = PythonOperator(task_id="b", python_callable=other)
    a >> b >> BashOperator(task_id="c", bash_command={command})
"""


@pytest.mark.parametrize(
    ("pull", "command", "status"),
    [
        ("ti.xcom_pull(task_ids='b')", "'echo'", "converted"),
        ("ti.xcom_pull(task_ids=['b', 'a'])", "'echo'", "refused"),
        ("ti.xcom_pull()", "'echo'", "refused"),
        ("ti.xcom_pull(task_ids=ti.task_id)", "'echo'", "refused"),
        ("ti", "'echo {{ ti.xcom_pull(\"b\") }}'", "converted"),
        ("ti", "'echo {{ ti.xcom_pull(\"a\") }}'", "refused"),
        ("ti", "['echo', a.output]", "refused"),
        ("ti", "a.output", "refused"),
    ],
)
def test_what_is_not_pushed_is_not_read(converted: Any, pull: str, command: str, status: str) -> None:
    made = converted(UNPUSHED.format(pull=pull, command=command))
    assert made.dag.status == status, made.text
    assert status == "converted" or "not pushed" in str(made.dag.items)
