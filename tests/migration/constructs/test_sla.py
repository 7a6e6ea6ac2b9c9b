"""sla: a line on Airflow's page is left out; telling somebody is not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prefect.events.schemas.automations import AutomationCore

from engines.places import CHECKOUT

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FILE = """
from datetime import timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
def tell(dag, task_list, blocking_task_list, slas, blocking_tis): print(slas)
with DAG("d", {dag}):
    BashOperator(task_id="work", bash_command="echo", {task})
"""
SLA = "sla=timedelta(hours=1)"


def test_what_stays(converted: Any) -> None:
    made = converted(FILE.format(dag="sla_miss_callback=tell", task=SLA))
    assert made.note("sla_miss_callback")[0] == "refused" and made.note("work.sla")[0] == "refused"
    assert made.run().of("work") == "failed"
    assert converted(FILE.format(dag="", task=f"{SLA}, email='a@example.com'")).dag.status == "refused"


def test_a_late_task_that_nobody_hears_of(converted: Any) -> None:
    made = converted(FILE.format(dag="", task=SLA))
    assert made.dag.status == "converted" and made.note("work.sla")[0] == "equivalent"
    assert made.run().of("work") == "success"


def test_a_callback_without_a_limit_is_never_called(converted: Any) -> None:
    made = converted(FILE.format(dag="sla_miss_callback=tell", task=""))
    assert made.dag.status == "converted" and "never called" in made.note("sla_miss_callback")[1]


def test_the_automation_that_is_shown_is_one() -> None:
    text = (CHECKOUT / "docs" / "semantics.md").read_text().partition("## sla")[2]
    shown = yaml.safe_load(text.partition("```yaml")[2].partition("```")[0])
    made = AutomationCore.model_validate(shown)
    assert made.trigger.type == "event" and made.actions[0].type == "send-notification"
