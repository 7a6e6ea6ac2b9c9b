"""A schedule that meets a change of the clocks says that it may start at another moment than in Airflow."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import product
from typing import Any

import pytest
from prefect.server.schemas.schedules import CronSchedule

from migration.arguments.clock_changes import meets_a_change
from tests.migration.in_airflow import moments_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
CRONS = ("0 0 * * *", "30 2 * * SUN", "5,35 2 * * *", "0 1,2,3 * * *", "0 * * * *", "0 3 * * *",
         "*/30 1-3 * * *")  # fmt: skip
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
SPANS = (("2027, 3, 6", "2027, 4, 6"), ("2027, 9, 28", "2027, 11, 10"))
"""Around the changes of a year, the last parts of both are in the zones above."""
DAG = """
import pendulum
from airflow import DAG
from airflow.operators.empty import EmptyOperator
with DAG("d", schedule="{cron}", start_date=pendulum.datetime({start}, tz="{zone}"),
         end_date=pendulum.datetime({end}, tz="{zone}"), catchup=True):
    EmptyOperator(task_id="a")
"""
Key = tuple[str, str]


def text_of(cron: str, zone: str, span: tuple[str, str] = SPANS[0]) -> str:
    """Give a DAG file."""
    return DAG.format(cron=cron, zone=zone, start=span[0], end=span[1])


@pytest.fixture(scope="module")
def differing(tmp_path_factory: pytest.TempPathFactory) -> set[Key]:
    """Give the schedules that Prefect starts at other moments than Airflow, as in Airflow 2 or 3."""
    folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
    cases = dict(enumerate(product(CRONS, ZONES, SPANS)))
    for number, case in cases.items():
        (folder / f"case_{number}.py").write_text(text_of(*case))
    found = set()
    for style in (2, 3):
        moments = moments_in_airflow(folder, home, style)
        for number, (cron, zone, _) in cases.items():
            real = [datetime.fromisoformat(one) for one, _ in moments[f"case_{number}"]]
            assert real
            if ticks_of(cron, zone, real[0], len(real)) != real:
                found.add((cron, zone))
    return found


def ticks_of(cron: str, zone: str, start: datetime, count: int) -> list[datetime]:
    """Give the moments at which Prefect's server starts the runs."""

    async def ticks() -> list[datetime]:
        return list(await CronSchedule(cron=cron, timezone=zone).get_dates(n=count, start=start))

    return asyncio.run(ticks())


@pytest.mark.parametrize(("cron", "zone"), list(product(CRONS, ZONES)))
def test_it_is_told_where_it_is_so(differing: set[Key], cron: str, zone: str) -> None:
    told = meets_a_change(cron, zone)
    assert told or (cron, zone) not in differing


def test_it_is_not_told_everywhere(differing: set[Key]) -> None:
    told = {key for key in product(CRONS, ZONES) if meets_a_change(*key)}
    assert len(differing) >= 6 and len(told - differing) <= 4, told - differing
    assert not {zone for _, zone in told} & {"UTC"}


def test_the_note(converted: Any) -> None:
    told, plain = (converted(text_of(cron, "Europe/Berlin")) for cron in ("30 2 * * *", "30 4 * * *"))
    assert told.dag.status == plain.dag.status == "converted"
    assert "clocks change" in told.note("schedule")[1] and "clocks change" not in plain.note("schedule")[1]
