"""Sensors ask until the answer is yes; time-out fails, or skips with soft_fail."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any, tmp_path: Any) -> None:
    (tmp_path / "there.txt").write_text("x")
    made = converted(f"""
        from datetime import timedelta
        from airflow import DAG
        from airflow.sensors.python import PythonSensor
        from airflow.sensors.bash import BashSensor
        from airflow.sensors.filesystem import FileSensor
        from airflow.sensors.time_delta import TimeDeltaSensor
        from airflow.operators.empty import EmptyOperator
        asked = []
        def ready():
            asked.append(1)
            return len(asked) > 1
        with DAG("d"):
            PythonSensor(task_id="python", python_callable=ready, poke_interval=0.1)
            BashSensor(task_id="bash", bash_command="exit 0")
            FileSensor(task_id="file", filepath="{tmp_path}/th*.txt", poke_interval=0.1, timeout=2)
            TimeDeltaSensor(task_id="delta", delta=timedelta(seconds=-1))
            FileSensor(task_id="never", filepath="/nowhere/x", poke_interval=0.1, timeout=0.2)
            soft = FileSensor(task_id="soft", filepath="/nowhere/x", poke_interval=0.1, timeout=0.2,
                              soft_fail=True)
            soft >> EmptyOperator(task_id="behind")
    """)
    ran = made.run()
    states = {name: ran.of(name) for name in ran.tasks}
    assert made.dag.status == "converted"
    assert states == {
        "python": "success", "bash": "success", "file": "success", "delta": "success", "never": "failed",
        "soft": "skipped", "behind": "skipped",
    }  # fmt: skip


def test_sensors_alone_are_plain_prefect(converted: Any, tmp_path: Any) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.sensors.filesystem import FileSensor
        with DAG("d"):
            FileSensor(task_id="never", filepath="{tmp_path}/x", poke_interval=0.1, timeout=0.2)
            FileSensor(task_id="there", filepath="{tmp_path}", poke_interval=0.1, timeout=0.2)
    """)
    ran = made.run()
    assert "replant_" not in made.text and made.dag.status == "converted"
    assert (ran.of("never"), ran.of("there"), ran.state) == ("failed", "success", "FAILED")


def test_a_sensor_of_another_dag_is_not_guessed(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.sensors.sql import SqlSensor
        with DAG("d"):
            SqlSensor(task_id="other", conn_id="c", sql="select 1")
    """)
    assert made.dag.status == "refused" and made.run().of("other") == "failed"


@pytest.mark.parametrize("ready", ["PokeReturnValue(len(asked) > 2, 'seeds')", "len(asked) > 2"])
def test_what_a_sensor_returns_with_its_answer_is_passed_on(converted: Any, ready: str) -> None:
    made = converted(f"""
        from airflow.decorators import dag, task
        from airflow.sensors.base import PokeReturnValue
        asked, got = [], []
        @dag(schedule=None)
        def d():
            @task.sensor(poke_interval=0.1, timeout=60)
            def wait_for():
                asked.append(1)
                return {ready}
            @task
            def take(what): got.append(what)
            take(wait_for())
        d()
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert ("class PokeReturnValue" in made.text) == ("answer.xcom_value" in made.text) == ("Poke" in ready)
    ran = made.run()
    assert ran.state == "COMPLETED" and len(ran.module.asked) == 3
    assert ran.module.got == ["seeds" if "Poke" in ready else None]


def test_a_sensor_that_skips_keeps_the_runtime(converted: Any) -> None:
    made = converted("""
        from airflow.decorators import dag, task
        from airflow.sensors.base import PokeReturnValue
        @dag(schedule=None)
        def d():
            @task.sensor(poke_interval=0.1, timeout=0.2, soft_fail=True)
            def wait_for(): return PokeReturnValue(False)
            wait_for()
        d()
    """)
    assert "import" in made.text and "class PokeReturnValue" not in made.text
    assert made.run().of("wait_for") == "skipped"
