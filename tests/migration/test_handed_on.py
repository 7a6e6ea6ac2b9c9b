"""The context that functions hand on to others of the file: each task is given what all of them look up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

FILE = """
    from airflow import DAG
    from airflow.operators.python import PythonOperator
    got = []
    def outer(where, **context):
        if context["execution_date"].year > 2000:
            inner(where, **context)
    def inner(where, ds, **context):
        got.append((where, ds))
        {body}
    def deepest(**_):
        got.append(_["ds_nodash"])
        for _ in range(2): pass
    with DAG("d", schedule_interval="@daily"):
        PythonOperator(task_id="t", python_callable=outer, op_args=["here"])
"""
DAY = datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("pass", []),
        ("deepest(**context) if False else got.append(context['next_ds'])", ["2026-03-30"]),
        ("inner_most = [one for one in 'ab']; outer_most(**context)", ["20260329"]),
    ],
)
def test_what_is_handed_on_is_known(converted: Any, body: str, more: list[str]) -> None:
    text = FILE.replace(
        "    def deepest", "    def outer_most(**given): got.append(given['ds_nodash'])\n    def deepest"
    )
    made = converted(text.format(body=body.replace("deepest(**context) if False else ", "")))
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert "inner(where, **context)" in made.text and "ds=" in made.text
    assert made.run(logical_date=DAY).module.got == [("here", "2026-03-29"), *more]


@pytest.mark.parametrize(
    "body",
    [
        "print(**context)",  # it is not known what this takes
        "got.append(sorted(context))",
        "deepest(**context)",  # it looks things up in what it has set anew
        "outer(where, **context) if context['ti'].try_number > 9 else None",
    ],
)
def test_what_is_not_known_keeps_the_runtime(converted: Any, body: str) -> None:
    made = converted(FILE.format(body=body))
    assert made.dag.status == "converted" and "with_context" in made.text, made.text
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert ran.module.got[0] == ("here", "2026-03-29")


def test_a_name_that_is_only_set_is_not_read(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        got = []
        def split(ds, **_):
            first, _, last = ds.split("-")
            got.append(first)
        with DAG("d", schedule_interval="@daily"):
            PythonOperator(task_id="t", python_callable=split)
    """)
    assert "def split(ds):" in made.text and "replant_" not in made.text, made.text
    assert made.run(logical_date=DAY).module.got == ["2026"]
