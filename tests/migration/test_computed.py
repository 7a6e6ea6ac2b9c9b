"""What a DAG file computes from the clock, or by chance, while it is read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migration.checker.run import Checker
from migration.entry import entry_of
from migration.places import Place
from migration.recorder.run import Recorder

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

BEGIN = """
import os, random, tempfile, time, uuid
from datetime import date, datetime, timedelta, timezone
import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.utils.dates import days_ago
got = []
def work(*args, **named):
    got.append((args, {name: named[name] for name in ("n", "k") if name in named}))
NOW = datetime.now()
with DAG("d", start_date=days_ago(1), default_args={"start_date": NOW}, schedule=None):
"""


def task(values: str) -> str:
    """Give a file with one task."""
    return f'{BEGIN}    PythonOperator(task_id="t", python_callable=work, {values})\n'


def test_what_stays(converted: Any) -> None:
    made = converted(task('op_args=[1, date(2026, 1, 2)], op_kwargs={"n": timedelta(days=1)}'))
    assert made.dag.status == "converted" and made.note("start_date")[0] == "equivalent"
    assert made.run().module.got == [((1, date(2026, 1, 2)), {"n": timedelta(days=1)})]


MOVING: dict[str, tuple[type, str | None]] = {
    "datetime.now()": (datetime, None),
    "NOW": (datetime, None),
    "datetime.utcnow() - timedelta(days=1)": (datetime, None),
    "date.today()": (date, None),
    "f'{date.today():%Y%m%d}'": (str, f"{datetime.now(UTC):%Y}"),
    "time.time()": (float, None),
    "time.strftime('%Y')": (str, f"{datetime.now(UTC):%Y}"),
    "pendulum.now().isoformat()": (str, f"{datetime.now(UTC):%Y}"),
    "uuid.uuid4().hex": (str, None),
    "random.randint(1, 1000000000)": (int, None),
    "os.getcwd()": (str, "/"),
    "tempfile.gettempdir()": (str, "/"),
    "[date.today(), {'a': random.random()}]": (list, None),
}


@pytest.mark.parametrize("expression", MOVING)
def test_an_expression_is_computed_in_the_flow(converted: Any, expression: str) -> None:
    kind, begin = MOVING[expression]
    made = converted(task(f'op_args=[{expression}], op_kwargs={{"k": 3}}'))
    assert made.dag.status == "converted", made.dag
    assert (
        made.note("t.op_args") == ("equivalent", made.note("t.op_args")[1]) and "clock" not in made.dag.flow
    )
    first, second = (made.run().module.got[0] for _ in range(2))
    assert isinstance(first[0][0], kind) and first[1] == {"k": 3}
    assert first != second or kind is date or begin is not None
    assert begin is None or str(first[0][0]).startswith(begin)
    assert expression.replace("'", '"') in made.text.replace("'", '"')


@pytest.mark.parametrize(
    "values",
    [
        "op_args=[word for word in [str(date.today())]]",
        "op_args=[f'{{{{ ds }}}} {date.today()}']",
        "op_args=[1], retries=random.randint(1, 10**9)",
        "**{'op_args': [date.today()]}",
        "op_args=[made]) if (made := date.today()) else dict(",
    ],
)
def test_what_cannot_stand_in_the_flow_is_refused(converted: Any, values: str) -> None:
    made = converted(task(values))
    assert made.dag.status == "refused"
    assert "while the file is read" in str(made.dag) or "while it is read" in str(made.dag)


DECISION = "if NOW.year < 9000:\n        BashOperator(task_id='t', bash_command='true')"
FILES = {
    "its id": "with DAG(f'd{date.today():%Y}'): pass",
    "its tasks": "with DAG('e'):\n    BashOperator(task_id=f't{date.today():%Y}', bash_command='true')",
    "its tags": "with DAG('e', tags=[str(date.today())]): pass",
    "a start to come": "with DAG('e', start_date=datetime.now() + timedelta(days=9)): pass",
    "a decision": f"with DAG('e'):\n    {DECISION}",
}


@pytest.mark.parametrize("case", FILES)
def test_a_graph_that_moves_is_refused(recorded: Any, case: str) -> None:
    found = recorded(f"{BEGIN}    pass\n{FILES[case]}\n")
    assert found.reason is None and found.doubts, found
    assert not recorded(f"{BEGIN}    pass\n").doubts


def test_a_function_of_the_clock_is_still_pythons(converted: Any) -> None:
    made = converted(f'{BEGIN}    PythonOperator(task_id="t", python_callable=time.time)\n')
    assert "time does not say which arguments it takes" in str(made.dag)


def test_the_check_flags_what_was_frozen(recorder: Recorder, tmp_path: Path) -> None:
    file = tmp_path / "clock.py"
    file.write_text(task("op_kwargs={'day': f'day {date.today()}'}"))
    place = Place(file, tmp_path)
    with Checker() as checker:
        entry = entry_of(place, recorder, checker, None)
        recording = recorder.record(file, place.roots())

        def problems(text: str) -> list[str]:
            found = checker.check(
                recording, entry.path, {entry.path: text}, entry.dags, entry.deployments, []
            )
            return found["d"]

        assert entry.dags[0]["status"] == "converted" and problems(entry.text) == []
        frozen = re.sub(r"f.day \{date.today\(\)\}.", f"'day {date.today()}'", entry.text)
        assert frozen != entry.text and "recorded" in problems(frozen)[0]


def test_a_sensor_of_a_moving_time(converted: Any) -> None:
    made = converted("""
        import datetime
        from airflow import DAG
        from airflow.sensors.time_sensor import TimeSensor
        with DAG("d", schedule=None):
            TimeSensor(task_id="t", target_time=(
                datetime.datetime.now(tz=datetime.timezone.utc) - datetime.timedelta(seconds=1)).time())
    """)
    assert made.dag.status == "converted" and "datetime.now(tz=timezone.utc)" in made.text, made.text
    assert made.run().state == "COMPLETED"
