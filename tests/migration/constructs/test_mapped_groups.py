"""Mapped task groups: each copy runs with its own values, and its tasks read their own copy's results."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
BEGIN = """
from airflow.sdk import DAG, task, task_group
got = []
with DAG(dag_id="d", schedule=None):
    @task
    def add_1(num): return num + 1
    @task
    def times(a, b): return a * b
    @task
    def total(values): got.append(list(values))
    @task
    def numbers(): return [1, 2]
"""


def test_what_stays(converted: Any) -> None:
    made = converted(
        BEGIN + "    @task_group\n    def op(num): return add_1(num)\n    op.expand(num=numbers())\n"
    )
    assert made.dag.status == "refused"  # how many there are is known at run time only
    made = converted(
        BEGIN + "    @task_group\n    def op(num): add_1(num) >> times(num, 2)\n    op.expand(num=[1])\n"
    )
    assert made.dag.status == "refused"  # one copy would wait for all


def test_a_product_of_values(converted: Any) -> None:
    made = converted(
        BEGIN + "    @task_group\n    def op(num, by): return times(add_1(num), by)\n"
        "    total(op.expand(num=[1, 2, 3], by=[10, 100]))\n"
    )
    assert made.dag.status == "converted" and "replant_" not in made.text
    ran = made.run()
    assert ran.module.got == [[20, 200, 30, 300, 40, 400]]
    assert ran.tasks["op.times"] == {"success": 6}


def test_one_copy_that_fails_does_not_stop_the_others(converted: Any) -> None:
    made = converted(
        BEGIN + "    @task\n    def inverse(num): return 1 / num\n"
        "    @task_group\n    def op(num): return add_1(inverse(num))\n    op.expand(num=[0, 1])\n"
    )
    ran = made.run()
    assert (ran.state, ran.tasks["op.inverse"]) == ("FAILED", {"failed": 1, "success": 1})
    assert ran.tasks["op.add_1"] == {"success": 1}  # the other one has no task run
