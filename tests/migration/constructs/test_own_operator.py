"""An author's own operator and sensor: the class goes along."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.models import BaseOperator
        from airflow.sensors.base import BaseSensorOperator
        got = []
        class Add(BaseOperator):
            template_fields = ("text",)
            def __init__(self, value, text, **kwargs):
                super().__init__(**kwargs)
                self.value, self.text = value, text
            def execute(self, context):
                got.append((self.value, self.text, context["ds"]))
                return self.value + 1
        class Ready(BaseSensorOperator):
            def poke(self, context): return True
        with DAG("d", schedule_interval="@daily"):
            Ready(task_id="ready", poke_interval=1) >> Add(
                task_id="add", value=3, text="{{ ds_nodash }}", retries=1)
    """)
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert (made.dag.status, ran.of("ready"), ran.of("add")) == ("converted", "success", "success")
    assert ran.module.got == [(3, "20260329", "2026-03-29")]
    assert made.note("add.value")[0] == "equivalent"
