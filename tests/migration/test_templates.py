"""Templates in plain Python: what is written gives what Jinja gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

FILE = """
    from airflow import DAG
    from airflow.operators.python import PythonOperator
    got = []
    with DAG("d", schedule_interval="@daily", params={{"size": 3}}):
        PythonOperator(task_id="t", python_callable=got.append if False else lambda text: got.append(text),
                       op_args=[{text!r}]{more})
        {tasks}
"""
PLAIN = {
    "{% for i in range(2) %}\n{{ i }} {{ ds }}\n{% endfor %}\n": "\n0 2026-03-29\n\n1 2026-03-29\n",
    "{% for _ in [4, 'b'] %}{{ params.size }};{% endfor %}end": "3;3;end",
    "{% for a in ['x', 'y'] %}{% for b in [1, 2] %}{{ a }}{{ b }};{% endfor %}{% endfor %}": "x1;x2;y1;y2;",
    "{{ macros.ds_add(ds, 7) }} {{ macros.ds_add(yesterday_ds, -30) }}": "2026-04-05 2026-02-26",
    "{{ macros.ds_format(ds, '%Y-%m-%d', '%d/%m/%y') }}": "29/03/26",
    "{{ (execution_date + macros.timedelta(hours=30)).strftime('%d %H') }}": "30 06",
    "{{ (logical_date - macros.timedelta(days=1, hours=1)).hour }}": "23",
    "{# nothing #}as it {stands}": "as it {stands}",
}
RUNTIME = [
    "{% for i in range(2) %}{{ loop.index }}{% endfor %}",
    "{% for i in params.size %}{{ i }}{% endfor %}",
    "{% for size in range(2) %}{{ size }}{{ params.size }}{% endfor %}",
    "{% if ds > '2020' %}a{% endif %}",
    "{{ macros.ds_format(ds, '%Y-%m-%d', '%H') }}{{ macros.ds_format(ts_nodash, '%Y%m%dT%H%M%S', '%d') }}",
    "{{ macros.datetime.now() }}",
    "{{ ds | replace('-', '') }}",
]


def convert(converted: Any, text: str, more: str = "", tasks: str = "") -> Any:
    return converted(FILE.format(text=text, more=more, tasks=tasks))


@pytest.mark.parametrize("text", PLAIN)
def test_what_the_flow_knows_is_written_into_texts(converted: Any, text: str) -> None:
    made = convert(converted, text)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert made.run(**when(made)).module.got == [PLAIN[text]]


def when(made: Any) -> dict[str, Any]:
    return {"logical_date": datetime(2026, 3, 29, tzinfo=UTC)} if "logical_date" in made.text else {}


def test_a_loop_without_its_variable_is_a_product(converted: Any) -> None:
    made = convert(converted, "{% for i in range(5) %}{{ ds }} {% endfor %}")
    assert 'f"{logical_date:%Y-%m-%d} " * 5' in made.text
    assert made.run(**when(made)).module.got == ["2026-03-29 " * 5]


@pytest.mark.parametrize("text", RUNTIME)
def test_what_is_more_keeps_the_runtime(converted: Any, text: str) -> None:
    made = convert(converted, text)
    assert made.dag.status == "converted" and "template(" in made.text, made.text


@pytest.mark.parametrize("text", ["[{{ ds }}", "a", "{{ ds }} of "])
def test_what_the_environment_gives_beside_a_template_is_read_at_the_run(
    converted: Any, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    made = converted(f"""
        import os
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        got = []
        with DAG("d", schedule_interval="@daily"):
            PythonOperator(task_id="t", python_callable=lambda given: got.append(given),
                           op_args=[["{{{{ ds }}}}", "{text}" + os.environ["SEEDS"]]])
    """)
    monkeypatch.setenv("SEEDS", "oak")
    assert made.dag.status == "converted" and "\u27e6" not in made.text, made.text
    given = made.run(logical_date="2026-03-29T00:00:00+00:00").module.got
    assert given == [["2026-03-29", f"{text.replace('{{ ds }}', '2026-03-29')}oak"]]


def test_a_tasks_own_parameter_is_the_flows(converted: Any) -> None:
    own = ", params={'name': 'x'}"
    made = convert(converted, "{{ params.name }} {{ params.size }}", own)
    assert "replant_" not in made.text and "name='x'" in made.text.replace('"', "'"), made.text
    assert made.run().module.got == ["x 3"]
    assert made.run(name="y").module.got == ["y 3"]
    other = "PythonOperator(task_id='o', python_callable=lambda: 1, params={'name': 'z'})"
    made = convert(
        converted, "{{ params.name }}", own, other
    )  # which of the two a run may change is not clear
    assert "template(" in made.text and made.run().module.got == ["x"]


@pytest.mark.parametrize("where", ["", "dag"])
def test_a_parameter_that_is_no_name_of_python_is_refused(converted: Any, where: str) -> None:
    params = "params={'from': 'x'}"
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        with DAG("d", schedule=None, {params if where else ""}):
            BashOperator(task_id="t", bash_command="echo {{{{ params.from }}}}", {"" if where else params})
    """)
    assert made.dag.status != "converted" and "'from' is not a Python name" in str(made.dag)
