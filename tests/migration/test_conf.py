"""What a run is told: the flow's `conf`, handed to the tasks that read it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

FILE = """
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator
    got = {{}}
    def keep(name, value): got[name] = value
    {functions}
    with DAG("d", {dag}):
        {tasks}
"""


def file_of(functions: str = "", tasks: str = "pass", dag: str = "") -> str:
    indented = functions.replace("\n", "\n    ")
    return FILE.format(functions=indented, tasks=tasks.replace("\n", "\n        "), dag=dag)


def kept(text: str) -> str:
    return f'PythonOperator(task_id="t", python_callable=keep, op_args=["t", {text!r}])'


def test_functions_that_read_the_conf_are_given_it(converted: Any) -> None:
    made = converted(
        file_of(
            "def one(dag_run=None): got['one'] = dag_run.conf.get('x')\n"
            "def two(**context):\n    conf = context['dag_run'].conf\n    got['two'] = conf\n"
            "def three(a, b=2, **given): got['three'] = a, b, given.get('dag_run').conf['x'], given['ds']",
            "PythonOperator(task_id='one', python_callable=one)\n"
            "PythonOperator(task_id='two', python_callable=two)\n"
            "PythonOperator(task_id='three', python_callable=three, op_args=[1])",
            "schedule_interval='@daily'",
        )
    )
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert "def one(conf): got['one'] = conf.get('x')" in made.text
    assert "def two(conf):\n    got['two'] = conf" in made.text
    assert "def three(a, b=2, *, conf, **given):" in made.text
    ran = made.run(conf={"x": 5}, logical_date="2026-03-29T00:00:00+00:00")
    assert ran.state == "COMPLETED"
    assert ran.module.got == {"one": 5, "two": {"x": 5}, "three": (1, 2, 5, "2026-03-29")}
    ran = made.run()
    assert ran.module.got == {"one": None, "two": {}} and ran.of("three") == "failed"


@pytest.mark.parametrize(
    "function",
    [
        "def look(dag_run=None): got['t'] = dag_run.run_id, dag_run.conf",
        "def look(**context): got['t'] = [context['dag_run'].conf, context]",
        "def look(dag_run, conf=None): got['t'] = dag_run.conf",
        "def look(dag_run):\n    conf = dict(dag_run.conf)\n    got['t'] = conf, dag_run.conf",
    ],
)
def test_what_does_more_with_the_run_keeps_the_runtime(converted: Any, function: str) -> None:
    made = converted(file_of(function, "PythonOperator(task_id='t', python_callable=look)"))
    assert made.dag.status == "converted" and "with_context" in made.text, made.text
    assert made.run(conf={"x": 5}).state == "COMPLETED"


@pytest.mark.parametrize(
    ("text", "conf", "wanted"),
    [
        ('{{ dag_run.conf.get("x") }}', {"x": 5}, "5"),
        ('{{ dag_run.conf.get("x") }}', None, "None"),
        ("{{ dag_run.conf.get('x', 3) }} {{ dag_run.conf.get('y') or 'a b' }}", {"x": 0}, "0 a b"),
        (
            "{{ dag_run.conf['x'] | default('d') }} {{ dag_run.conf.y | default(1, true) }}",
            {"y": ""},
            "d 1",
        ),
        ("{{ dag_run.conf }}", {"x": 1}, "{'x': 1}"),
        ("{{ dag_run.conf['x'] }}-{{ dag_run.conf.y }}", {"x": 1, "y": None}, "1-None"),
    ],
)
def test_templates_of_the_conf(converted: Any, text: str, conf: Any, wanted: str) -> None:
    made = converted(file_of(tasks=kept(text)))
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert made.run(conf=conf).module.got == {"t": wanted}


def test_a_key_that_lacks_fails_the_run_where_its_task_would(converted: Any) -> None:
    before = 'BashOperator(task_id="a", bash_command="true") >> '
    made = converted(file_of(tasks=before + kept("{{ dag_run.conf['x'] }}")))
    ran = made.run()
    assert "replant_" not in made.text and (ran.state, ran.of("a"), ran.of("t")) == (
        "FAILED", "success", "not called",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tasks", "dag"),
    [
        ('BashOperator(task_id="beside", bash_command="true")\n' + kept("{{ dag_run.conf['x'] }}"), ""),
        (kept("{{ dag_run.conf['x'] }}")[:-1] + ", on_failure_callback=print)", ""),
        (kept("{{ dag_run.conf.get('x') }}"), "params={'x': 1}"),
        (kept("{{ dag_run.conf.items }}"), ""),
        (kept("{{ dag_run.conf.x or 'y' }} {{ dag_run.run_type }}"), ""),
    ],
)
def test_templates_that_keep_the_runtime(converted: Any, tasks: str, dag: str) -> None:
    made = converted(file_of(tasks=tasks, dag=dag))
    assert made.dag.status == "converted" and "template(" in made.text, made.text
