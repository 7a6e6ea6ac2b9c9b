"""Callbacks become state hooks; a task may skip others by name."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        said = []
        def failed(context):
            ti = context["ti"]
            said.append(("failed", ti.task_id, context["dag"].dag_id, ti.xcom_pull(task_ids="first"),
                         "on purpose" in str(context["exception"])))
            ti.xcom_push(key="told", value=ti.task_id)
        def succeeded(context): said.append(("succeeded", context["ti"].task_id, context["ds"]))
        def ended(context): said.append(("ended", context["ti"].xcom_pull(task_ids="second", key="told")))
        def one(): return 5
        def two(ti): raise ValueError("on purpose")
        with DAG("d", schedule_interval="@daily", on_failure_callback=ended,
                 default_args={"on_failure_callback": failed, "on_success_callback": succeeded}):
            first = PythonOperator(task_id="first", python_callable=one)
            second = PythonOperator(task_id="second", python_callable=two)
            third = PythonOperator(task_id="third", python_callable=one)
            first >> second >> third
    """)
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert made.dag.status == "converted" and ran.of("third") == "upstream_failed"
    assert ran.module.said == [
        ("succeeded", "first", "2026-03-29"), ("failed", "second", "d", 5, True), ("ended", "second"),
    ]  # fmt: skip


def test_a_callback_without_a_parameter_fails_in_the_log_as_in_airflow(
    converted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        said = []
        def send_error(): said.append("called")
        def heard(context, /): said.append(context["ti"].task_id)
        def work(): raise ValueError("no seeds")
        with DAG("d", schedule=None, on_failure_callback=send_error):
            PythonOperator(task_id="t", python_callable=work, on_failure_callback=send_error)
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text
    for name in ("t.on_failure_callback", "on_failure_callback"):
        assert "takes no argument" in made.note(name)[1]
    ran = made.run()
    assert (ran.state, ran.of("t"), ran.module.said) == ("FAILED", "failed", [])
    assert caplog.text.count("takes 0 positional arguments but 1 was given") == 2


def test_a_callback_with_a_parameter_by_position_or_any_is_given_its_context(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        said = []
        def heard(context, /): said.append(context["ti"].task_id)
        def any_of(*args): said.append(len(args))
        def work(): raise ValueError("no seeds")
        with DAG("d", schedule=None):
            PythonOperator(task_id="t", python_callable=work, on_failure_callback=[heard, any_of])
    """)
    assert "takes no argument" not in made.note("t.on_failure_callback")[1]
    assert made.run().module.said == ["t", 1]


def test_one_callback_has_a_hook_of_its_own(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        said = []
        def heard(context): said.append((context["ti"].task_id, context["execution_date"].hour))
        def work(): raise ValueError("no seeds")
        with DAG("d", schedule_interval="0 16 * * *", default_args={"on_failure_callback": heard}):
            PythonOperator(task_id="t", python_callable=work)
            PythonOperator(task_id="u", python_callable=work)
    """)
    assert made.dag.status == "converted" and "on_failure=[heard_hook]" in made.text, made.text
    assert sorted(made.run().module.said) == [("t", 16), ("u", 16)]


def test_no_callback_hears_of_a_run_after_the_end(converted: Any) -> None:
    made = converted("""
        from datetime import datetime
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        said = []
        def heard(context): said.append(context["dag"].dag_id)
        with DAG("d", schedule_interval="0 16 * * *", end_date=datetime(2020, 1, 1),
                 on_success_callback=heard, on_failure_callback=heard):
            PythonOperator(task_id="t", python_callable=lambda: 1)
    """)
    ran = made.run()
    assert (made.dag.status, ran.state, ran.module.said) == ("converted", "COMPLETED", [])


def test_tasks_are_skipped_by_name_and_their_rule_does_not_help(converted: Any) -> None:
    made = converted("""
        from airflow.sdk import dag, get_current_context, task
        from airflow.sdk.exceptions import DownstreamTasksSkipped
        @dag(dag_id="d")
        def build():
            @task
            def count():
                get_current_context()["ti"].xcom_push(key="return_value", value=7)
                raise DownstreamTasksSkipped(tasks=["plan", ("each", -1)])
            @task
            def plan(counted): return [1, 2]
            @task(trigger_rule="all_done")
            def each(one): return one
            @task(trigger_rule="none_failed")
            def last(counted, made):
                assert counted == 7 and not made
            counted = count()
            last(counted, each.expand(one=plan(counted)))
        build()
    """)
    ran = made.run()
    assert made.dag.status == "converted", made.dag.items
    states = {name: ran.of(name) for name in ran.tasks}
    assert states == {"count": "success", "plan": "skipped", "each": "skipped", "last": "success"}


@pytest.mark.parametrize("behind", ["", "trigger_rule='all_done'"])
def test_a_callback_hears_of_each_further_try(converted: Any, behind: str) -> None:
    made = converted(f"""
        from datetime import timedelta
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        from airflow.operators.python import PythonOperator
        tries, said = [], []
        def again(context):
            said.append((context["ti"].task_id, len(tries), "not yet" in str(context["exception"])))
            raise ValueError("of the callback")
        def work():
            tries.append(1)
            if len(tries) < 3: raise ValueError("not yet")
        with DAG("d"):
            PythonOperator(task_id="work", python_callable=work, retries=4, on_retry_callback=again,
                           retry_delay=timedelta(seconds=0)) >> BashOperator(
                task_id="behind", bash_command="echo", on_retry_callback=again, {behind})
    """)
    assert made.dag.status == "converted", made.dag.items
    assert made.note("work.on_retry_callback")[0] == "equivalent"
    assert made.note("behind.on_retry_callback") == ("converted", "without retries it is never called")
    ran = made.run()
    assert (ran.of("work"), ran.state) == ("success", "COMPLETED")
    assert ran.module.said == [("work", 1, True), ("work", 2, True)]


@pytest.mark.parametrize("when", ["on_failure_callback", "on_success_callback"])
def test_a_task_may_be_its_own_callback(converted: Any, when: str) -> None:
    fails = "raise ValueError" if when == "on_failure_callback" else "pass"
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        got = []
        def work(context=None, **other):
            got.append(sorted(other) and 1)
            {fails}
        with DAG("d", schedule=None):
            PythonOperator(task_id="a", python_callable=work, {when}=work)
    """)
    assert made.dag.status == "converted", made.dag
    assert len(made.run().module.got) == 2
