"""run_if, skip_if, pre_execute: a task skips itself before its work; callbacks hear of that."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
BEGIN = """
        from airflow.sdk import DAG, task
        done = []
        def is_b(context): return context["ti"].task_id == "b", "only b"
"""


def test_what_stays(converted: Any) -> None:
    made = converted(
        BEGIN
        + """
        with DAG(dag_id="d"):
            @task.run_if(is_b)
            @task
            def only_b(ti=None): done.append(ti.task_id)
            @task.skip_if(lambda context: True, "never")
            @task.bash
            def command(): return "exit 1"
            @task
            def behind(): done.append("behind")
            only_b.override(task_id="a")() >> behind()
            only_b.override(task_id="b")()
            command() >> behind.override(task_id="last", trigger_rule="all_done")()
"""
    )
    assert made.dag.status == "converted", made.dag.items
    ran = made.run()
    states = {name: ran.of(name) for name in ran.tasks}
    skipped = dict.fromkeys(("a", "behind", "command"), "skipped")
    assert states == {**skipped, "b": "success", "last": "success"} and ran.state == "COMPLETED"
    assert sorted(ran.module.done) == ["b", "behind"]


def test_conditions_add_up_the_inner_one_first_and_copies_are_asked_one_by_one(converted: Any) -> None:
    made = converted(
        BEGIN
        + """
        def noted(name):
            done.append(name)
            return True
        def first(context): return noted("first")
        def second(context): return noted("second")
        with DAG(dag_id="d"):
            @task.skip_if(second)
            @task.run_if(first)
            @task
            def each(x): done.append(x)
            each.expand(x=[1, 2])
            @task.run_if(lambda context: context["ti"].map_index == 1)
            @task
            def odd(x): done.append(("odd", x))
            odd.expand(x=[7, 8])
"""
    )
    assert made.dag.status == "converted", made.dag.items
    ran = made.run()
    assert (ran.tasks["each"], ran.tasks["odd"]) == ({"skipped": 2}, {"skipped": 1, "success": 1})
    assert ran.module.done.count("first") == ran.module.done.count("second") == 2
    assert ran.module.done.index("first") < ran.module.done.index("second") and ("odd", 8) in ran.module.done


def test_pre_execute_and_callbacks_at_the_beginning_and_on_a_skip(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.exceptions import AirflowSkipException
        from airflow.operators.bash import BashOperator
        from airflow.operators.empty import EmptyOperator
        from airflow.operators.python import PythonOperator
        said = []
        def before(context):
            said.append(("before", context["ti"].task_id))
        def begins(context):
            said.append(("begins", context["ti"].task_id))
            raise ValueError("of the callback")
        def skipped(context): said.append(("skipped", context["ti"].task_id))
        def work(): raise AirflowSkipException("no")
        with DAG("d", default_args={"on_skipped_callback": skipped, "on_execute_callback": begins}):
            PythonOperator(task_id="work", python_callable=work, pre_execute=before) >> EmptyOperator(
                task_id="behind")
            BashOperator(task_id="alone", bash_command="echo")
    """)
    assert made.dag.status == "converted", made.dag.items
    ran = made.run()
    assert (ran.of("work"), ran.of("behind"), ran.of("alone")) == ("skipped", "skipped", "success")
    said = [("before", "work"), ("begins", "work"), ("skipped", "work")]
    assert [one for one in ran.module.said if one[1] == "work"] == said
    assert ("begins", "alone") in ran.module.said and len(ran.module.said) == 4


def test_a_condition_around_something_else_is_the_files_fault(recorded: Any) -> None:
    found = recorded("""
        from airflow.sdk import DAG, task
        with DAG(dag_id="d"):
            @task.run_if(lambda context: True)
            def plain(): ...
    """)
    assert "decorate with @task before @run_if" in found.reason
