"""A flow runs when Airflow runs its DAG, for the same dates, not before its start, not after its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from prefect.runtime import flow_run
from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule

from migration.checker.run import Checker
from migration.entry import entry_of
from migration.places import Place
from migration.recorder.run import Limits, Recorder
from tests.migration.in_airflow import moments_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
DAG = """
import pendulum
from datetime import datetime, timedelta
{imports}
got = []
def look({asked}):
    got.append({asked})
with DAG("d", {arguments}):
    PythonOperator(task_id="look", python_callable=look{own})
"""
IMPORTS = {
    2: "from airflow import DAG\nfrom airflow.operators.python import PythonOperator",
    3: "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.python import PythonOperator",
}
BERLIN = "pendulum.datetime(2024, 3, 28, tz='Europe/Berlin')"
ENDED = {
    "daily": "schedule='@daily', start_date=datetime(2024, 2, 27), end_date=datetime(2024, 3, 2)",
    "between": "schedule='30 4 * * *', start_date=datetime(2024, 1, 1, 5), end_date=datetime(2024, 1, 4, 3)",
    "hours": "schedule='0 */6 * * *', start_date=datetime(2024, 1, 1), end_date=datetime(2024, 1, 2, 6)",
    "weeks": "schedule='@weekly', start_date=datetime(2024, 1, 1), end_date=datetime(2024, 2, 6)",
    "months": "schedule='@monthly', start_date=datetime(2024, 1, 1), end_date=datetime(2024, 6, 1)",
    "clocks": f"schedule='30 5 * * *', start_date={BERLIN}, "
    "end_date=pendulum.datetime(2024, 4, 2, 5, 30, tz='Europe/Berlin')",
    "short_zone": "schedule='30 5 * * *', start_date=pendulum.datetime(2024, 3, 28, tz='CET'), "
    "end_date=pendulum.datetime(2024, 4, 2, 5, 30, tz='CET')",
    "offset": "schedule='30 5 * * *', start_date=datetime.fromisoformat('2024-01-01T00:00:00-03:00'), "
    "end_date=datetime(2024, 1, 5)",
    "span": "schedule=timedelta(hours=7), start_date=datetime(2024, 1, 1, 3), end_date=datetime(2024, 1, 3)",
    "defaults": "schedule='@daily', default_args={'start_date': datetime(2024, 2, 27), "
    "'end_date': datetime(2024, 3, 2)}",
    "to_come": "schedule='30 4 * * *', start_date=datetime(2099, 1, 1, 4, 31), end_date=datetime(2099, 1, 9)",
    "span_to_come": "schedule=timedelta(hours=5), start_date=datetime(2099, 1, 1, 3), "
    "end_date=datetime(2099, 1, 3)",
}
"""Schedules that end, by name; all with catchup."""
OPEN = {
    "spans": "schedule=timedelta(hours=7), start_date=datetime(2024, 1, 1, 3), catchup=False",
    "long_ago": "schedule=timedelta(minutes=90), start_date=datetime(2024, 1, 1, 3), catchup=True",
}
Moments = dict[int, dict[str, Any]]


def text_of(style: int, arguments: str, own: str = "", asked: str = "logical_date") -> str:
    """Give a DAG file for Airflow 2 or 3."""
    arguments += "" if "catchup" in arguments else ", catchup=True"
    return DAG.format(imports=IMPORTS[style], arguments=arguments, own=own, asked=asked)


@pytest.fixture(scope="module")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> Moments:
    """Give when Airflow runs each case, as it does in Airflow 2 and 3."""
    found = {}
    for style in IMPORTS:
        folder, home = tmp_path_factory.mktemp("dags"), tmp_path_factory.mktemp("airflow")
        for name, arguments in (ENDED | OPEN).items():
            (folder / f"{name}.py").write_text(text_of(style, arguments))
        found[style] = moments_in_airflow(folder, home, style)
    return found


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Give a function that lets flow runs be scheduled for a moment, which need not have come."""

    def scheduled(moment: datetime) -> None:
        monkeypatch.setattr(flow_run, "get_scheduled_start_time", lambda: moment)
        monkeypatch.setitem(flow_run.FIELDS, "scheduled_start_time", lambda: moment)

    return scheduled


def ticks_of(deployment: dict[str, Any], start: datetime, count: int) -> list[datetime]:
    """Give the moments at which Prefect's server starts a deployment's runs, from a moment on."""
    [given] = deployment["schedules"]
    kind = CronSchedule if "cron" in given else IntervalSchedule
    schedule = kind(**given)

    async def ticks() -> list[datetime]:
        return list(await schedule.get_dates(n=count, start=start))

    return asyncio.run(ticks())


@pytest.mark.parametrize("style", IMPORTS)
@pytest.mark.parametrize("case", ENDED)
def test_runs_and_dates_are_airflows(
    converted: Any, in_airflow: Moments, at: Any, style: int, case: str
) -> None:
    wanted = [
        (datetime.fromisoformat(moment), datetime.fromisoformat(date))
        for moment, date in in_airflow[style][case]
    ]
    assert 2 <= len(wanted) < 30
    made = converted(text_of(style, ENDED[case]))
    assert made.dag.status == "converted", made.dag.items
    first, last = wanted[0][0], wanted[-1][0]
    before = first - timedelta(days=3)
    ticks = ticks_of(made.deployment, before if first > datetime.now(UTC) else first, 40)
    assert [tick for tick in ticks if first <= tick <= last] == [moment for moment, _ in wanted]
    early, late = [tick for tick in ticks if tick < first][-1:], [tick for tick in ticks if tick > last][:1]
    assert late and bool(early) == (first > datetime.now(UTC))
    for moment in (*early, first, last, *late):
        at(moment)
        ran = made.run()
        assert ran.state == "COMPLETED"
        assert ran.module.got == [date for known, date in wanted if known == moment], moment


def test_the_check_tries_them_inside_and_outside(tmp_path: Path) -> None:
    with Recorder(limits=Limits(seconds=20)) as recorder, Checker(limits=Limits(seconds=20)) as checker:
        for name, style in product(ENDED, IMPORTS):
            file = tmp_path / f"{name}_{style}.py"
            file.write_text(text_of(style, ENDED[name]))
            entry = entry_of(Place(file, tmp_path), recorder, checker, None)
            assert [dag["status"] for dag in entry.dags] == ["converted"], entry.dags


def test_a_past_run_is_not_bound(converted: Any) -> None:
    made = converted(text_of(2, ENDED["daily"]))
    moment = datetime(2024, 2, 28, tzinfo=UTC)
    assert made.run(logical_date=moment).module.got == [moment]
    assert made.run().module.got == []  # today is after the end


@pytest.mark.parametrize("style", IMPORTS)
def test_what_a_spans_ticks_count_from(converted: Any, in_airflow: Moments, style: int) -> None:
    long_ago = converted(text_of(style, OPEN["long_ago"]))
    moments = [datetime.fromisoformat(one) for one, _ in in_airflow[style]["long_ago"]]
    assert ticks_of(long_ago.deployment, moments[0], len(moments)) == moments
    open_ended = converted(text_of(style, OPEN["spans"]))
    first, second = (datetime.fromisoformat(one) for one, _ in in_airflow[style]["spans"][:2])
    if style == 3:  # it begins when Airflow first sees the DAG, and the deployment when it is made
        assert timedelta() <= datetime.now(UTC) - first < timedelta(hours=1)
        assert "anchor_date" not in open_ended.deployment["schedules"][0]
    else:
        assert ticks_of(open_ended.deployment, first, 2) == [first, second]


@pytest.mark.parametrize(
    ("arguments", "own", "date"),
    [
        ("schedule='@daily', start_date=datetime(2024, 1, 1)", ", end_date=datetime(2024, 1, 2)", "end_date"),
        ("schedule='@daily', start_date=datetime(2024, 1, 1), end_date=datetime(2030, 1, 1)",
         ", end_date=datetime(2031, 1, 2)", "end_date"),
        ("schedule='@daily', start_date=datetime(2024, 1, 1)", ", start_date=datetime(2099, 1, 2)",
         "start_date"),
    ],
)  # fmt: skip
def test_a_date_of_one_task_alone_is_refused(converted: Any, arguments: str, own: str, date: str) -> None:
    lines = text_of(2, arguments, own).rstrip() + '\n    PythonOperator(task_id="b", python_callable=look)\n'
    made = converted(lines)
    assert made.dag.status == "refused"
    assert date in str([(item.name, item.note) for item in made.dag.items if item.status == "refused"])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            "schedule='0 5 * * *', start_date=datetime.fromisoformat('2024-01-01T00:00:00+05:30')",
            "no time zone",
        ),
        ("schedule='0 5 * * 9', start_date=datetime(2024, 1, 1)", "Prefect does not take"),
    ],
)
def test_a_schedule_that_no_deployment_can_have_is_refused(
    converted: Any, arguments: str, reason: str
) -> None:
    made = converted(text_of(2, arguments))
    status, note = made.note("schedule")
    assert status == "refused" and reason in note and "schedules" not in made.deployment
