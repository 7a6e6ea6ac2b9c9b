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
    start = datetime(2026, 3, 28, tzinfo=UTC)
    for minutes in (0, 1, 59, 60, 15, 300, 1439, 1440, 4 * 60 + 30, 3 * 1440, 8 * 1440 + 270):
        moment = start + timedelta(minutes=minutes)
        found = eval(moments.start_of("moment"), {**names, "moment": moment})  # noqa: S307 - the same
        assert found == previous_tick(cron, moment, "UTC")


SPAN = """
    {imports}
    from datetime import timedelta
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.latest_only import LatestOnlyOperator
    from airflow.operators.python import PythonOperator
    from airflow.sensors.time_delta import TimeDeltaSensor
    got = {{}}
    def look(ds, next_ds, prev_ds, data_interval_end=None):
        got["dates"] = ds, next_ds, prev_ds, data_interval_end
        {body}
    with DAG("d", schedule_interval=timedelta(days=3)):
        latest = LatestOnlyOperator(task_id="latest")
        pause = TimeDeltaSensor(task_id="pause", delta=timedelta(seconds=-1))
        pause >> latest >> EmptyOperator(task_id="new")
        PythonOperator(task_id="look", python_callable=look)
"""


def test_an_interval_of_a_span_ends_at_the_runs_moment(converted: Any) -> None:
    made = converted(SPAN.format(imports="import datetime", body="pass"))
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert (
        "logical_date = logical_date or flow_run.get_scheduled_start_time() - timedelta(days=3)" in made.text
    )
    assert "latest_only.submit(logical_date + 2 * timedelta(days=3)" in made.text
    ran = made.run(logical_date=datetime(2026, 3, 29, 4, 30, tzinfo=UTC))
    assert (ran.state, ran.of("pause"), ran.of("latest"), ran.of("new")) == (
        "COMPLETED", "success", "success", "not called",
    )  # fmt: skip
    assert ran.module.got["dates"] == (
        "2026-03-29", "2026-04-01", "2026-03-26", datetime(2026, 4, 1, 4, 30, tzinfo=UTC),
    )  # fmt: skip
    ran = made.run()
    assert ran.of("new") == "success"
    assert timedelta() <= datetime.now(UTC) - ran.module.got["dates"][3] < timedelta(minutes=1)


def test_a_module_that_needs_the_name_of_a_date_class_keeps_the_runtime(converted: Any) -> None:
    made = converted("""
        import datetime
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        got = {}
        def look(ds):
            got["seen"] = ds, datetime.datetime.now().year
        with DAG("d", schedule_interval="@daily"):
            PythonOperator(task_id="look", python_callable=look)
    """)
    assert made.dag.status == "converted" and "begin(" in made.text, made.text
    ran = made.run(logical_date="2026-03-29T04:30:00+00:00")
    assert ran.module.got["seen"] == ("2026-03-29", datetime.now().year)
    made = converted(SPAN.format(imports="import datetime", body="got['now'] = datetime.datetime.now()"))
    assert made.dag.status == "refused" and "import yours by other names" in str(
        made.dag.items
    )  # the sensor's own
