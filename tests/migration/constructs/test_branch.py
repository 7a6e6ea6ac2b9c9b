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


@pytest.mark.parametrize(
    ("way", "pick", "left", "state"),
    [("left", "success", "success", "COMPLETED"), ("aside", "success", "skipped", "COMPLETED"),
     ("pick", "success", "success", "COMPLETED"),
     (["left", "nowhere"], "failed", "upstream_failed", "FAILED"),
     ("", "failed", "upstream_failed", "FAILED"), (7, "failed", "upstream_failed", "FAILED")],
)  # fmt: skip
def test_with_the_runtime_a_branch_to_what_does_not_exist_fails(
    converted: Any, way: Any, pick: str, left: str, state: str
) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.decorators import task
        from airflow.operators.empty import EmptyOperator as E
        with DAG("d", schedule=None):
            @task.branch
            def pick(ti=None):
                ti.xcom_push(key="way", value=1)
                return [{way!r}][0]
            pick() >> E(task_id="left")
            E(task_id="aside")
    """)
    assert made.dag.status == "converted" and "import begin, chooses" in made.text
    ran = made.run()
    assert (ran.of("pick"), ran.of("left"), ran.of("aside"), ran.state) == (pick, left, "success", state)


@pytest.mark.parametrize("runtime", [False, True])
@pytest.mark.parametrize("way", ["around", "inner", "z", "j"])
def test_a_group_that_does_not_name_its_tasks_is_gone_to(converted: Any, way: str, runtime: bool) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator as E
        from airflow.operators.python import BranchPythonOperator
        from airflow.utils.task_group import TaskGroup
        def pick(**context):
            {"print(context)" if runtime else ""}
            return "{way}"
        with DAG("d", schedule=None):
            b = BranchPythonOperator(task_id="b", python_callable=pick)
            with TaskGroup("around", prefix_group_id=False) as around:
                x = E(task_id="x")
                with TaskGroup("inner", prefix_group_id=False) as inner:
                    y = E(task_id="y")
            z = E(task_id="z")
            b >> [x, y, z] >> E(task_id="j", trigger_rule="none_failed_min_one_success")
    """)
    assert made.dag.status == "converted" and ("replant_" in made.text) == runtime
    ran = made.run()
    goes = {"around": "xyj", "inner": "yj", "z": "zj", "j": ""}[way]
    for name in "xyzj":
        assert (ran.of(name) == "success") == (name in goes)
