"""Outlets, aliases, extras and state of assets; partitions."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
EVENTS = """
from airflow.sdk import DAG, Asset, AssetAlias, Metadata, task
from airflow.providers.standard.operators.bash import BashOperator
got = {}
thing = Asset(name="thing", uri="s3://bucket/thing")
def after(context, result):
    context["outlet_events"][thing].extra = {"hi": result}
with DAG("d", schedule=[AssetAlias("unknown"), thing]):
    @task(outlets=[thing])
    def by_yield():
        yield Metadata(thing, {"hi": "yielded"})
        return 5
    @task(outlets=[thing])
    def by_context(value, *, outlet_events=None):
        got["value"] = value
        outlet_events[thing].extra = {"hi": "set"}
    posted = BashOperator(task_id="posted", outlets=[thing], bash_command="echo posted", post_execute=after)
    @task(outlets=[AssetAlias("unknown")])
    def through(*, outlet_events=None):
        outlet_events[AssetAlias("unknown")].add(Asset("s3://bucket/new"), extra={"n": 1})
    @task(inlets=[thing, AssetAlias("unknown")])
    def read(*, inlet_events=None):
        import time
        for _ in range(300):
            got["thing"] = [(e.extra["hi"], e.source_task_id) for e in inlet_events[thing]]
            got["alias"] = [(e.asset.name, e.extra) for e in inlet_events[AssetAlias("unknown")]]
            got["new"] = [e.extra for e in inlet_events[Asset("s3://bucket/new")]]
            if len(got["thing"]) == 3 and got["alias"] and got["new"]:
                break
            time.sleep(0.1)
    by_context(by_yield()) >> posted >> through() >> read()
"""


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow.datasets import Dataset
        from airflow.decorators import dag, task
        @dag(schedule=[Dataset("s3://bucket/in"), Dataset("s3://bucket/too")])
        def d():
            @task(outlets=[Dataset("s3://bucket/out")])
            def work(): return 1
            work()
        d()
    """)
    trigger = made.deployment["triggers"][0]
    assert trigger["require"] == "all" and [one["match"] for one in trigger["triggers"]] == [
        {"prefect.resource.id": "airflow.asset.s3://bucket/in"},
        {"prefect.resource.id": "airflow.asset.s3://bucket/too"},
    ]
    assert made.dag.status == "converted" and "replant_" not in made.text
    assert made.run().of("work") == "success"
    from replant_assets import Asset, InletEvents  # type: ignore[import-not-found]

    deadline = time.monotonic() + 60
    while not (seen := InletEvents()[Asset("s3://bucket/out")]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [event.source_task_id for event in seen] == ["work"]


def test_what_tasks_say_with_their_updates_is_read_again(converted: Any) -> None:
    made = converted(EVENTS)
    assert made.dag.status == "converted", [i for i in made.dag.items if i.status == "refused"]
    matches = [one["match"] for one in made.deployment["triggers"][0]["triggers"]]
    assert {"prefect.resource.id": "airflow.asset-alias.unknown"} in matches
    ran = made.run()
    assert ran.state == "COMPLETED" and ran.module.got == {
        "value": 5,
        "thing": [("yielded", "by_yield"), ("set", "by_context"), ("posted", "posted")],
        "alias": [("s3://bucket/new", {"n": 1})],
        "new": [{"n": 1}],
    }


def test_state_is_kept_for_the_next_try_and_with_the_asset(converted: Any) -> None:
    made = converted("""
        from airflow.sdk import DAG, Asset, task
        from airflow.sdk.execution_time.context import NEVER_EXPIRE
        got = []
        ORDERS = Asset(name="orders/daily", uri="s3://warehouse/orders")
        with DAG("d", schedule=None):
            @task(retries=1, retry_delay=0)
            async def work(task_state_store=None, asset_state_store=None, ti=None):
                state = asset_state_store[ORDERS]
                got.append((ti.try_number, await task_state_store.aget("job", default="none"),
                            state.get("runs", default=0)))
                await task_state_store.aset("job", [ti.try_number], retention=NEVER_EXPIRE)
                state.set("runs", state.get("runs", default=0) + 1)
                if ti.try_number == 1:
                    raise ValueError("once more")
            work()
    """)
    assert made.dag.status == "converted" and made.run().of("work") == "success"
    ran = made.run()
    assert ran.module.got == [(1, "none", 2), (2, [1], 3)]


def test_a_partition_comes_with_the_update(converted: Any) -> None:
    made = converted("""
        from airflow.sdk import (DAG, Asset, IdentityMapper, PartitionedAssetTimetable, ProductMapper,
                                 StartOfDayMapper, task)
        sales, daily = Asset("sales"), Asset("daily")
        got = []
        with DAG("d", schedule=PartitionedAssetTimetable(
                assets=sales, default_partition_mapper=ProductMapper(IdentityMapper(), StartOfDayMapper()))):
            @task(outlets=[daily])
            def work(dag_run=None, partition_key=None): got.append((dag_run.partition_key, partition_key))
            @task
            def read(*, inlet_events=None):
                import time
                for _ in range(300):
                    if inlet_events[daily]:
                        break
                    time.sleep(0.1)
                got.append([event.partition_key for event in inlet_events[daily]])
            work() >> read()
    """)
    assert made.dag.status == "converted" and made.note("schedule")[0] == "equivalent"
    trigger = made.deployment["triggers"][0]
    assert trigger["expect"] == ["airflow.asset.partition.updated"]
    assert list(trigger["parameters"]) == ["update_partition"]
    ran = made.run(update_partition="us|2026-06-14T03:00:00")
    assert ran.module.got == [("us|2026-06-14", "us|2026-06-14"), ["us|2026-06-14"]]


def test_several_partitions_for_one_run_are_refused(converted: Any) -> None:
    made = converted("""
        from airflow.sdk import DAG, Asset, DayWindow, PartitionedAssetTimetable, RollupMapper
        from airflow.sdk import StartOfDayMapper, task
        with DAG("d", schedule=PartitionedAssetTimetable(assets=Asset("hourly"),
                default_partition_mapper=RollupMapper(StartOfDayMapper(), DayWindow()))):
            @task
            def work(): return 1
            work()
    """)
    assert made.note("schedule")[0] == "refused"


def test_the_asset_decorator(converted: Any) -> None:
    made = converted("""
        from airflow.sdk import asset
        got = []
        @asset(uri="s3://bucket/mine", schedule=None)
        def mine(self, context, other):
            got.append((self.name, other.name, context["ds"]))
    """)
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert (made.dag.status, ran.of("mine")) == ("converted", "success")
    assert ran.module.got == [("mine", "other", "2026-03-29")]


@pytest.mark.parametrize(
    ("mapper", "key", "expected"),
    [
        (("StartOf", "Hour"), "2024-03-13T10:42:15", "2024-03-13T10"),
        (("StartOf", "Day"), "2024-03-13T10:42:15", "2024-03-13"),
        (("StartOf", "Week"), "2024-03-13T10:42:15", "2024-03-11 (W11)"),
        (("StartOf", "Month"), "2024-03-13T10:42:15", "2024-03"),
        (("StartOf", "Year"), "2024-03-13T10:42:15", "2024"),
        (("FixedKeyMapper", "all"), "us", "all"),
        (("AllowedKeyMapper", ["us"]), "us", "us"),
    ],
)
def test_mappers(prefect_server: None, mapper: tuple[str, Any], key: str, expected: str) -> None:
    import replant_partitions  # type: ignore[import-not-found]

    kind, given = mapper
    assert getattr(replant_partitions, kind)(given).to_downstream(key) == expected
