"""Operators mapped over their own arguments: a copy for each value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migration.checker.run import Checker
from migration.entry import entry_of
from migration.places import Place
from migration.recorder.run import Limits, Recorder

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FILE = """
from airflow import DAG
from airflow.decorators import task
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.http.operators.http import HttpOperator
said = []
def work(a, b): said.append((a, b))
with DAG("d"):
    BashOperator.partial(task_id="rows").expand_kwargs(
        [{"bash_command": "echo $A > %s", "env": {"A": "1"}}, {"bash_command": "true"}])
    PythonOperator.partial(task_id="args", python_callable=work).expand(op_args=[[1, 2], [3, 4]])
    @task
    def names(): return ["a", "b"]
    SQLExecuteQueryOperator.partial(task_id="late", conn_id="c", sql="select %s").expand(parameters=names())
    SQLExecuteQueryOperator.partial(task_id="fixed", conn_id="c").expand(sql=["select 1", "select 2"])
    HttpOperator.partial(task_id="ask", http_conn_id="c", method="GET").expand(endpoint=["a", "b"])
"""


def test_what_stays(converted: Any, tmp_path: Path) -> None:
    made = converted(FILE.replace("> %s", f"> {tmp_path}/told"))
    assert made.dag.status == "converted", made.dag.items

    class Hook:
        def __init__(self, connection: str) -> None:
            self.connection = connection

        def run(self, statement: str, autocommit: bool, parameters: Any, handler: Any) -> Any:
            asked.append((self.connection, statement, parameters))

    asked: list[Any] = []
    sent: list[Any] = []

    def ask(connection: str, endpoint: str, *_: Any) -> Any:
        sent.append(endpoint)
        return Answer

    def patched(module: Any) -> None:
        module.PostgresHook = Hook
        module.ask = ask

    class Answer:
        text = "yes"
        raise_for_status = staticmethod(lambda: None)

    ran = made.run_patched(patched)
    assert ran.state == "COMPLETED", ran.tasks
    assert {
        name: ran.tasks[name]["success"] for name in ("rows", "args", "late", "fixed", "ask")
    } == dict.fromkeys(("rows", "args", "late", "fixed", "ask"), 2)
    assert sorted(ran.module.said) == [(1, 2), (3, 4)] and (tmp_path / "told").read_text().strip() == "1"
    # a mapped value is no template, as in Airflow
    statements = [("select 1", None), ("select %s", "a"), ("select %s", "b"), ("select 2", None)]
    assert sorted(asked, key=str) == sorted((("c", *one) for one in statements), key=str)
    assert sorted(sent) == ["a", "b"]


def test_other_values_are_flagged(tmp_path: Path) -> None:
    file = tmp_path / "d.py"
    file.write_text(FILE)
    with Recorder(limits=Limits(seconds=60)) as recorder, Checker(limits=Limits(seconds=60)) as checker:
        entry = entry_of(Place(file, tmp_path), recorder, checker, None)
        recording = recorder.record(file, [tmp_path])
        assert [dag["status"] for dag in entry.dags] == ["converted"], entry.dags[0]["problems"]
        changes = (('"select 1"', '"select 2"'), ("'b': 4", "'b': 5"), ('["a", "b"]', '["a", "a"]'),
                   ('"true"', '"false"'), ("select %s", "select 1"))  # fmt: skip
        for old, new in changes:
            text = entry.text.replace(old, new)
            found = checker.check(
                recording, entry.path, {entry.path: text}, entry.dags, entry.deployments, []
            )
            assert text != entry.text and found["d"], old


def test_what_has_no_place_is_refused(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.decorators import task
        from airflow.operators.bash import BashOperator
        with DAG("d"):
            @task
            def rows(): return [{"bash_command": "true"}]
            BashOperator.partial(task_id="late").expand_kwargs(rows())
            BashOperator.partial(task_id="queued", bash_command="true").expand(queue=["a"])
    """)
    assert made.note("late.expand_kwargs.kwargs")[0] == made.note("queued.expand.queue")[0] == "refused"
    assert made.run().state == "FAILED"
