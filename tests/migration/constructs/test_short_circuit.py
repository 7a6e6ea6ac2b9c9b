"""ShortCircuitOperator: all behind is skipped, or only what is right behind."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


@pytest.mark.parametrize(("ignore", "last"), [(True, "not called"), (False, "success")])
def test_what_stays(converted: Any, ignore: bool, last: str) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.python import ShortCircuitOperator
        from airflow.operators.empty import EmptyOperator
        with DAG("d"):
            cut = ShortCircuitOperator(task_id="cut", python_callable=lambda: [],
                                       ignore_downstream_trigger_rules={ignore})
            cut >> EmptyOperator(task_id="a") >> EmptyOperator(task_id="z", trigger_rule="all_done")
    """)
    ran = made.run()
    assert (made.dag.status, ran.of("a"), ran.of("z")) == ("converted", "not called", last)
