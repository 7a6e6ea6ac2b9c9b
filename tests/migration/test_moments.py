"""Dates in plain Python: the same as what the runtime gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migration.arguments.moments import LAST_TICK, moments_of
from migration.graph import Dag, Spot

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        with DAG("d", schedule_interval="@monthly"):
            BashOperator(task_id="month", bash_command="echo {{ ds }}")
    """)
    assert "template(" in made.text  # months are not evenly spaced
    made = converted("""
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        with DAG("d", schedule_interval="@daily"):
            BashOperator(task_id="loop", bash_command="{% for i in [1, 2] %}echo {{ ds }}{% endfor %}")
    """)
    assert "template(" in made.text


def test_templates_parameters_and_contexts(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.models.param import Param
        from airflow.operators.bash import BashOperator
        from airflow.operators.python import PythonOperator
        got = {}
        def by_name(path, ds, next_ds=None, execution_date=None):
            got["name"] = (path, ds, next_ds, execution_date.hour)
        def by_key(**context):
            got["key"] = (context["ds_nodash"], context["templates_dict"]["t"], context["params"])
        with DAG("d", schedule_interval="30 4 * * *", params={"size": Param(3, type="integer")}) as dag:
            a = BashOperator(task_id="a", bash_command='echo "{{ ds }} {{ params.size }} {x} {{ ts }}"')
            b = PythonOperator(task_id="b", python_callable=by_name,
                               op_args=["/{{ execution_date.strftime('%m/%d') }}"])
            c = PythonOperator(task_id="c", python_callable=by_key, templates_dict={"t": "{{ prev_ds }}"})
            a >> b >> c
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    ran = made.run(logical_date=datetime(2026, 3, 29, 4, 30, tzinfo=UTC))
    assert ran.state == "COMPLETED" and ran.module.got == {
        "name": ("/03/29", "2026-03-29", "2026-03-30", 4),
        "key": ("20260329", "2026-03-28", {"size": 3}),
    }
    ran = made.run()
    assert ran.module.got["key"][0] <= f"{datetime.now(UTC):%Y%m%d}"


@pytest.mark.parametrize(
    "cron", ["@hourly", "@daily", "@weekly", "15 * * * *", "0 5 * * *", "30 4 * * 0", "0 0 * * 3"]
)
def test_the_last_tick_is_the_runtimes(prefect_server: None, cron: str) -> None:
    from replant_settings import previous_tick  # type: ignore[import-not-found]

    spot = Spot("", 1, 1, 0, 0)
    dag = Dag("d", spot, None, {"schedule_interval": cron}, {}, (), (), ())
    moments = moments_of(dag, 2)
    assert moments is not None
    names: dict[str, Any] = {"datetime": datetime, "timedelta": timedelta, "UTC": UTC}
    exec(LAST_TICK, names)  # noqa: S102 - it is what is written into flows
    every, first = eval(moments.every, names), eval(moments.first, names)  # noqa: S307 - the same
    start = datetime(2026, 3, 28, tzinfo=UTC)
    for minutes in (0, 1, 59, 60, 15, 300, 1439, 1440, 4 * 60 + 30, 3 * 1440, 8 * 1440 + 270):
        moment = start + timedelta(minutes=minutes)
        assert names["last_tick"](moment, every, first) == previous_tick(cron, moment, "UTC")
