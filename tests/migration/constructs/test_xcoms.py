"""XComs by key: results and arguments where all of them are certain, else the runtime's."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

HEAD = """
        from __future__ import annotations
        import json
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        from airflow.operators.python import PythonOperator
        got = []
"""


def test_one_key_is_the_result(converted: Any) -> None:
    made = converted(f"""{HEAD}
        def give(**kwargs):
            # who runs it
            ti = kwargs["ti"]
            seeds = [1, 2]
            # for the next one
            ti.xcom_push("seeds", seeds)  # all of them
        def change(ti, scale=3):
            seeds = ti.xcom_pull(task_ids="give", key="seeds")
            ti.xcom_push(key="scaled", value=json.dumps([one * scale for one in seeds]))
        def take(**context):
            got.append(json.loads(context["task_instance"].xcom_pull("change", key="scaled")))
        with DAG("d", schedule="@daily"):
            first = PythonOperator(task_id="give", python_callable=give)
            change = PythonOperator(task_id="change", python_callable=change, op_kwargs={{"scale": 4}})
            first >> change >> PythonOperator(task_id="take", python_callable=take)
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert (
        "    # who runs it\n    seeds = [1, 2]\n    # for the next one\n    return seeds  # all of them"
        in made.text
    )
    assert "def change(seeds, scale=3):" in made.text
    assert made.note("change.xcom") == (
        "equivalent",
        "what it pushes is its result; what it pulls is an argument",
    )
    ran = made.run()
    assert ran.state == "COMPLETED" and ran.module.got == [[4, 8]]


def test_several_keys_are_a_dictionary_taken_apart_by_the_receiver(converted: Any) -> None:
    made = converted(f"""{HEAD}
        from airflow.decorators import task
        @task
        def measure(ti=None):
            rows = [3, 1, 2]
            ti.xcom_push(key="rows", value=rows)
            # how many
            ti.xcom_push(key="the count", value=len(rows))  # not the sum
            print("done", rows)
        @task
        def tell(title, ti=None):
            if title:
                got.append((title, ti.xcom_pull("measure", key="rows")))
            count: int = ti.xcom_pull(task_ids="measure", key="the count")
            got.append((count, ti.xcom_pull("measure", key="sum"), ti.xcom_pull("measure")))
        with DAG("d", schedule=None):
            first, aside, last = measure(), BashOperator(task_id="aside", bash_command="true"), tell("t")
            first >> [aside, last]
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert 'count: int = measure["the count"]' in made.text and 'measure["rows"]' in made.text
    assert "# how many" in made.text and "# not the sum" in made.text
    assert ".result()" not in made.text  # the flow goes on while the first task runs
    assert "measure pushes no sum: None, as in Airflow" in made.note("tell.xcom")[1]
    ran = made.run()
    assert ran.state == "COMPLETED" and ran.module.got == [("t", [3, 1, 2]), (3, None, None)]


def test_templates_and_results_of_other_tasks(converted: Any) -> None:
    made = converted(f"""{HEAD}
        def name(**context):
            text = str(7)
            context["ti"].xcom_push(key="name", value=text)
        def back(): return f"{{4}}"
        def take(first, second, third, templates_dict, ti):
            got.append((first, second, third, templates_dict["word"], ti.xcom_pull("word")))
        with DAG("d", schedule=None):
            one = PythonOperator(task_id="name", python_callable=name)
            two = PythonOperator(task_id="back", python_callable=back)
            three = BashOperator(task_id="word", bash_command="echo word")
            last = PythonOperator(
                task_id="take", python_callable=take,
                op_kwargs={{"first": "{{{{ ti.xcom_pull(task_ids='name', key='name') }}}}",
                            "second": "{{{{ task_instance.xcom_pull('back') }}}}",
                            "third": "<{{{{ ti.xcom_pull('back', key='lost') }}}}>"}},
                templates_dict={{"word": "{{{{ ti.xcom_pull('word') }}}}"}})
            [one, two, three] >> BashOperator(task_id="between", bash_command="true") >> last
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert "<None>" in made.text and "{'word': word}" in made.text
    ran = made.run()
    assert ran.state == "COMPLETED" and ran.module.got == [("7", "4", "<None>", "word", "word")]


PLAIN = "ti.xcom_push('k', 1)", "ti.xcom_pull('a', key='k')"
KEPT = {
    "what is pushed changes later": ("l = [1]; ti.xcom_push('k', l); l.append(2)", PLAIN[1]),
    "a push under a condition": ("if got: ti.xcom_push('k', 1)", PLAIN[1]),
    "a push that may be left out": ("if got: return|ti.xcom_push('k', 1)", PLAIN[1]),
    "a push beside a result": ("ti.xcom_push('k', 1)|return 2", PLAIN[1]),
    "two pushes of one key": ("ti.xcom_push('k', 1)|ti.xcom_push('k', 2)", PLAIN[1]),
    "a push before something else": ("ti.xcom_push('k', 1)|got.append(5)", PLAIN[1]),
    "a value that changes another": ("l = [1]|ti.xcom_push('k', l)|ti.xcom_push('m', l.pop())", PLAIN[1]),
    "a pull in a loop": (PLAIN[0], "[ti.xcom_pull('a', key='k') for _ in range(2)]"),
    "a pull of several tasks": (PLAIN[0], "ti.xcom_pull(['a', 'b'], key='k')"),
    "a pull of whatever is before": (PLAIN[0], "ti.xcom_pull(key='k')"),
    "a pull of a task beside it": (PLAIN[0], "ti.xcom_pull('c', key='n')"),
    "a pull of another DAG": (PLAIN[0], "ti.xcom_pull('a', dag_id='other', key='k')"),
    "a pull of earlier runs": (PLAIN[0], "ti.xcom_pull('a', key='k', include_prior_dates=True)"),
    "a default": (PLAIN[0], "ti.xcom_pull('a', key='k', default=5)"),
    "a key that is computed": (PLAIN[0], "ti.xcom_pull('a', key='kk'[:1])"),
    "the task instance given away": (PLAIN[0], "(lambda one: one.xcom_pull('a', key='k'))(ti)"),
}


@pytest.mark.parametrize("case", ["what is certain", *KEPT])
def test_what_is_not_certain_keeps_the_runtime(converted: Any, case: str) -> None:
    push, pull = KEPT.get(case, PLAIN)
    made = converted(f"""{HEAD}
        def a(ti):
            {push.replace("|", chr(10) + " " * 12)}
        def b(ti):
            got.append({pull})
        def c(ti):
            ti.xcom_push('n', 1)
        with DAG("d", schedule=None):
            a, b, c = [PythonOperator(task_id=f.__name__, python_callable=f) for f in (a, b, c)]
            a >> b
    """)
    assert made.dag.status == "converted", made.text
    assert ("with_context" in made.text) == ("xcom_push" in made.text) == (case in KEPT), made.text


def test_rules_and_mapped_tasks_keep_the_runtime(converted: Any) -> None:
    made = converted(f"""{HEAD}
        def quiet(function):
            return function
        @quiet
        def a(ti):
            ti.xcom_push('k', 1)
        def b(ti):
            got.append(ti.xcom_pull('a', key='k'))
        with DAG("d", schedule=None):
            a = PythonOperator(task_id="a", python_callable=a)
            a >> PythonOperator(task_id="b", python_callable=b)
    """)
    assert "xcom_push" in made.text  # what a decorator does with a result is not known
    made = converted(f"""{HEAD}
        def a(ti):
            ti.xcom_push('k', 1)
        def b(ti):
            got.append(ti.xcom_pull('a', key='k'))
        with DAG("d", schedule=None):
            a = PythonOperator(task_id="a", python_callable=a)
            a >> PythonOperator(task_id="b", python_callable=b, trigger_rule="all_done")
    """)
    assert "xcom_pull" in made.text  # it may run when the first has failed
    made = converted(f"""{HEAD}
        from airflow.decorators import task
        @task
        def a(x, ti=None):
            ti.xcom_push('k', x)
        @task
        def b(ti=None):
            got.append(ti.xcom_pull('a', key='k'))
        with DAG("d", schedule=None):
            a.expand(x=[1, 2]) >> b()
    """)
    assert "xcom_pull" in made.text
    made = converted(f"""{HEAD}
        def a(ti):
            ti.xcom_push('k', 3)
        def b(x):
            got.append(x)
        with DAG("d", schedule=None):
            a = PythonOperator(task_id="a", python_callable=a)
            a >> PythonOperator(task_id="b", python_callable=b,
                                op_args=["{{{{ ti.xcom_pull('a', key='k') }}}}"])
    """)
    assert "template(" in made.text  # rendered it is the text "3"
    assert made.run().module.got == ["3"]


def test_a_function_that_a_callback_calls_too_keeps_its_xcoms(converted: Any) -> None:
    made = converted(f"""{HEAD}
        def a(ti):
            ti.xcom_push('k', 1)
        def b(ti, **kwargs):
            got.append(ti.xcom_pull('a', key='k'))
        def c():
            pass
        with DAG("d", schedule=None):
            first, second = [PythonOperator(task_id=f.__name__, python_callable=f) for f in (a, b)]
            first >> second >> PythonOperator(task_id="c", python_callable=c, on_success_callback=b)
    """)
    assert made.dag.status == "converted" and "xcom_pull" in made.text, made.text


@pytest.mark.parametrize("where", ["at the top", "inside"])
def test_what_a_module_may_push_is_not_taken_for_nothing(converted: Any, tmp_path: Any, where: str) -> None:
    (tmp_path / "dags").mkdir(exist_ok=True)
    (tmp_path / "dags" / "saving.py").write_text(
        "from airflow.operators.python import get_current_context\n"
        "def save(key, value):\n"
        "    get_current_context()['ti'].xcom_push(key=key, value=value)\n"
    )
    line = "from saving import save"
    made = converted(f"""{HEAD}
        {line if where == "at the top" else ""}
        def a():
            {line if where == "inside" else "pass"}
            save('k', 5)
        def b(ti):
            got.append(ti.xcom_pull('a', key='k'))
        with DAG("d", schedule=None):
            first, second = [PythonOperator(task_id=f.__name__, python_callable=f) for f in (a, b)]
            first >> second
    """)
    assert made.dag.status == "converted" and "xcom_pull" in made.text, made.text


def test_a_variable_named_like_something_of_the_context_hides_it_nowhere_else(converted: Any) -> None:
    made = converted(f"""{HEAD}
        def a(ti):
            ti.xcom_push('params', 1)
        def b(**context):
            params = context["ti"].xcom_pull('a', key='params')
            got.append((params, context["params"]["p"]))
        def c(**context):
            got.append((context["ti"].xcom_pull('a', key='params'), context.get("params")["p"]))
        with DAG("d", schedule=None, params={{"p": 5}}):
            a, b, c = [PythonOperator(task_id=f.__name__, python_callable=f) for f in (a, b, c)]
            a >> b >> c
    """)
    ran = made.run()
    assert (made.dag.status, ran.state, ran.module.got) == ("converted", "COMPLETED", [(1, 5), (1, 5)])
