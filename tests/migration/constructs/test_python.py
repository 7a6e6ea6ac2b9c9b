"""PythonOperator and @task: the author's function is the task."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        LIMIT = 3
        def helper(x):
            # kept with its comment
            return x + LIMIT
        got = []
        def work(a, b=0, ds=None, **kwargs):
            got.append((helper(a), b))
        with DAG("d"):
            PythonOperator(task_id="t", python_callable=work, op_args=[1], op_kwargs={"b": 2})
    """)
    assert made.dag.status == "converted" and "# kept with its comment" in made.text
    ran = made.run()
    assert ran.of("t") == "success" and ran.module.got == [(4, 2)]
    assert "replant_runtime" not in made.text  # what Airflow would pass and nobody reads is left out


def test_context_and_xcom(converted: Any) -> None:
    made = converted("""
        from airflow.decorators import dag, task
        got = []
        @dag(schedule="@daily", params={"p": 5})
        def d():
            @task
            def push(ti=None): ti.xcom_push(key="k", value=7)
            @task
            def pull(ds=None, **context):
                got.append((ds, context["ti"].xcom_pull(task_ids="push", key="k"), context["params"]["p"]))
            push() >> pull()
        d()
    """)
    ran = made.run(logical_date="2026-10-25T00:00:00+00:00")
    assert (ran.state, ran.module.got) == ("COMPLETED", [("2026-10-25", 7, 5)])


def test_mapping_is_a_cross_product(converted: Any) -> None:
    made = converted("""
        from airflow.decorators import dag, task
        got = []
        @dag(schedule=None)
        def d():
            @task
            def pair(x, y): got.append((x, y))
            pair.expand(x=[1, 2], y=["a", "b"])
        d()
    """)
    ran = made.run()
    assert ran.tasks["pair"] == {"success": 4} and sorted(ran.module.got) == [
        (1, "a"),
        (1, "b"),
        (2, "a"),
        (2, "b"),
    ]


def test_what_a_flow_does_not_have_is_refused_by_a_task_that_raises(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.utils.state import State
        def work(): print(State)
        with DAG("d"):
            PythonOperator(task_id="t", python_callable=work)
    """)
    assert made.dag.status == "refused" and "pass" not in made.text
    assert made.run().of("t") == "failed"


def test_a_name_of_the_authors_own_is_none_of_the_contexts(converted: Any) -> None:
    begin = "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\n"
    end = "with DAG('d'):\n    PythonOperator(task_id='t', python_callable=work)\n"
    made = converted(
        f"{begin}def work():\n    for session in [{{'id': 1}}]: print('session', session['id'])\n{end}"
    )
    assert made.dag.status == "converted" and made.run().of("t") == "success"
    for asked in ("context['inlets']", "context.get('inlets')"):
        made = converted(f"{begin}def work(**context): print({asked})\n{end}")
        assert made.dag.status == "refused"


def test_names_of_an_if_around_the_dag_go_along(converted: Any) -> None:
    made = converted("""
        from airflow.operators.python import is_venv_installed
        if is_venv_installed():
            from airflow import DAG
            from airflow.operators.python import PythonOperator
            with DAG("d"):
                options = ["a", "b"]
                PythonOperator(task_id="t", python_callable=lambda: len(options))
    """)
    assert (made.dag.status, made.run().of("t")) == ("converted", "success")


def test_a_mapped_operator_keeps_what_it_is_given_by_position(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        got = []
        def work(fixed, one): got.append((fixed, one))
        with DAG("d"):
            PythonOperator.partial(task_id="t", python_callable=work, op_args=[7]).expand(
                op_kwargs=[{"one": 1}, {"one": 2}])
    """)
    ran = made.run()
    assert made.dag.status == "converted" and ran.tasks["t"] == {"success": 2}
    assert sorted(ran.module.got) == [(7, 1), (7, 2)]


CALLED = """
    import functools, operator, os
    from airflow import DAG
    from airflow.operators.python import PythonOperator
    got = []
    class Worker:
        def __init__(self, size=1, ds=None): got.append((size, ds))
        def run(self): got.append("run")
        def __call__(self): got.append("called")
        @staticmethod
        def still(): got.append("still")
    def work(a, b, c=0, ds=None): got.append((a, b, c, ds))
    def helper(text): print(text.upper())
    worker = Worker
    with DAG("d", schedule=None):
        PythonOperator(task_id="t", python_callable={what})
        PythonOperator(task_id="u", python_callable=helper, op_args=["hello"])
"""


@pytest.mark.parametrize(
    ("what", "got"),
    [
        ('print, op_args=["hello"], op_kwargs={"end": "!"}', []),
        ("functools.partial(work, 1, c=3), op_args=[2]", [(1, 2, 3, "2026-10-25")]),
        ('functools.partial(work, b="{{ ds }}"), op_kwargs={"a": "{{ ds }}"}',
         [("2026-10-25", "{{ ds }}", 0, "2026-10-25")]),
        ("functools.partial(functools.partial(work, 1), 2)", [(1, 2, 0, "2026-10-25")]),
        ('functools.partial(print, "hello")', []),
        ("lambda: got.append(1)", [1]),
        ("lambda ds: got.append(ds)", ["2026-10-25"]),
        ("Worker, op_args=[5]", [(5, "2026-10-25")]),
        ("os.getpid", []),
        ("operator.add, op_args=[1, 2]", []),
    ],
)  # fmt: skip
def test_whatever_can_be_called(converted: Any, capfd: Any, what: str, got: list[Any]) -> None:
    made = converted(CALLED.format(what=what))
    assert made.dag.status == "converted", made.dag.items
    ran = made.run(**({"logical_date": "2026-10-25"} if "logical_date" in made.text else {}))
    assert (ran.of("t"), ran.of("u"), ran.state) == ("success", "success", "COMPLETED")
    assert getattr(ran.module, "got", []) == got
    out = capfd.readouterr().out
    assert "HELLO" in out and ("hello" in out) == ("print" in what)  # helper's print is still Python's


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("worker().run", "bound method Worker.run"),
        ("worker()", "Worker"),
        ('"abc".upper', "bound method str.upper"),
        ("Worker.still", "Worker.still is made in a way that cannot be followed"),
        ('dict, op_kwargs={"a": 1}', "does not say which arguments it takes"),
        ('functools.partial(work, 1, 2, ds="x")', "a functools.partial with ds"),
        ("functools.partial(worker().run)", "bound method Worker.run"),
    ],
)
def test_what_cannot_go_along_is_refused_with_a_sentence(converted: Any, what: str, reason: str) -> None:
    made = converted(CALLED.format(what=what))
    refused = [one.note for one in made.dag.items if one.status == "refused"]
    assert any(reason in note for note in refused) and not any("internal" in note for note in refused)
    ran = made.run()
    assert (ran.of("t"), ran.of("u"), ran.state) == ("failed", "success", "FAILED")


def test_what_the_context_lacks_is_refused_and_what_it_has_is_given(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        said = []
        def others(**context):
            run = context["dag_run"]
            print(run.get_task_instances())
        def graph(dag, **kwargs): print(dag.get_task("x"))
        def ticks(**kwargs):
            dag, day = kwargs["dag"], kwargs["execution_date"]
            said.append((kwargs["dag"].following_schedule(day) - day).days)
        def own(row): said.append(row["task"].upper())
        with DAG("d", schedule_interval="@daily"):
            for one in (others, graph, ticks):
                PythonOperator(task_id=one.__name__, python_callable=one, provide_context=True)
            PythonOperator(task_id="own", python_callable=own, op_args=[{"task": "x"}])
    """)
    refused = {item.name for item in made.dag.items if item.kind == "task" and item.status == "refused"}
    assert refused == {"others", "graph"}
    assert "dag_run.get_task_instances" in made.text and "dag.get_task " in made.text
    ran = made.run()
    assert sorted(ran.module.said, key=str) == [1, "X"] and ran.of("graph") == "failed"


def test_a_template_file_among_the_arguments_is_refused_and_a_set_has_one_order(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        def show(sql, names): print(sql, names)
        with DAG("d", schedule=None):
            for name in ("q.sql", "select 1"):
                PythonOperator(task_id=name.replace(" ", "_"), python_callable=show, templates_exts=[".sql"],
                               op_kwargs={"sql": name, "names": {"b", "a", "c"}})
    """)
    refused = {item.name for item in made.dag.items if item.kind == "task" and item.status == "refused"}
    assert refused == {"q.sql"} and "put it into templates_dict" in made.text
    assert 'names={"a", "b", "c"}' in made.text
