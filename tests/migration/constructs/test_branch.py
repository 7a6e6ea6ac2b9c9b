"""BranchPythonOperator: the skip reaches what is behind the other way, not the join."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


@pytest.mark.parametrize("way", ["left", "right"])
def test_what_stays(converted: Any, way: str) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.python import BranchPythonOperator
        from airflow.operators.dummy_operator import DummyOperator as D
        def choose(): return "{way}"
        with DAG("d"):
            b = BranchPythonOperator(task_id="b", python_callable=choose)
            join = D(task_id="join", trigger_rule="none_failed_or_skipped")
            for name in ("left", "right"):
                b >> D(task_id=name) >> D(task_id=name + "_behind") >> join
    """)
    ran = made.run()
    other = "right" if way == "left" else "left"
    assert made.dag.status == "converted" and ran.state == "COMPLETED"
    assert (ran.of(way), ran.of(f"{way}_behind"), ran.of("join")) == ("success",) * 3
    assert (ran.of(other), ran.of(f"{other}_behind")) == ("not called",) * 2
