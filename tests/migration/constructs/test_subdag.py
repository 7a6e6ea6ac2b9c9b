"""SubDagOperator: the DAG inside runs as a flow inside the task, for the same date."""

from __future__ import annotations

from typing import Any

import pytest

from migration.checker.run import Checker
from migration.convert import convert_file
from migration.entry import entry_of
from migration.places import Place
from migration.recorder.run import Limits, Recorder
from migration.writing.output import deployment_file

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FILE = """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator, ShortCircuitOperator
from airflow.operators.subdag import SubDagOperator
said = []
def say(ds, next_ds): said.append((ds, next_ds))
def part(name, goes_on=True, fails=False):
    inner = DAG("d." + name, schedule_interval="@monthly")
    with inner:
        cut = ShortCircuitOperator(task_id=name + "_cut", python_callable=lambda: {goes_on})
        cut >> PythonOperator(task_id=name + "_say", python_callable=say)
        if fails:
            PythonOperator(task_id="bad", python_callable=lambda: 1 / 0)
    return inner
with DAG("d", schedule_interval="@daily"):
    a = SubDagOperator(task_id="a", subdag=part("a"))
    b = SubDagOperator(task_id="b", subdag=part("b", fails={fails}))
    a >> b >> EmptyOperator(task_id="behind")
"""


def test_what_stays(converted: Any) -> None:
    made = converted(FILE.format(goes_on="True", fails="True"))
    assert made.dag.dag_id == "d.a"  # those inside come first
    text = made.text
    assert text.index('name="d.a"') < text.index('name="d"')


@pytest.mark.parametrize(
    ("goes_on", "fails", "behind"),
    [("True", "False", "success"), ("False", "False", "success"), ("True", "True", "upstream_failed")],
)
def test_its_state_is_that_of_the_flow_inside(converted: Any, goes_on: str, fails: str, behind: str) -> None:
    made = converted(FILE.format(goes_on=goes_on, fails=fails))
    ran = made.run_flow(
        "d_flow" if "def d_flow" in made.text else "d", logical_date="2026-03-29T00:00:00+00:00"
    )
    assert (ran.of("a"), ran.of("behind")) == ("success", behind)
    assert ran.of("b") == ("failed" if fails == "True" else "success")
    assert ran.of("a_say") == ("success" if goes_on == "True" else "not called")  # a skip inside stays inside
    day = ("2026-03-29", "2026-03-30")  # the outer DAG's, whatever the inner one's schedule says
    assert ran.module.said == ([day, day] if goes_on == "True" else [])


def test_it_counts_as_a_part_of_the_dag_around_it(tmp_path: Any) -> None:
    file = tmp_path / "dags.py"
    file.write_text(FILE.format(goes_on="True", fails="False"))
    with Recorder(limits=Limits(seconds=60)) as recorder, Checker(limits=Limits(seconds=60)) as checker:
        entry = entry_of(Place(file, tmp_path), recorder, checker, None)
    assert [(dag["dag_id"], dag["status"], dag["problems"]) for dag in entry.dags] == [("d", "converted", [])]
    assert "d.a: a_cut" in {item["name"] for item in entry.dags[0]["items"]}
    assert deployment_file([entry]).count("entrypoint:") == 1


def test_mutants_are_flagged(tmp_path: Any) -> None:
    file = tmp_path / "dags.py"
    file.write_text(FILE.format(goes_on="True", fails="False"))
    with Recorder(limits=Limits(seconds=60)) as recorder, Checker(limits=Limits(seconds=60)) as checker:
        recording = recorder.record(file, [tmp_path])
        made = convert_file(recording, [tmp_path], None)
        dags = [
            {"dag_id": one.dag_id, "flow": one.flow, "items": [vars(i) for i in one.items]}
            for one in made.dags
        ]
        deployments = [one for _, one in made.deployments]

        def found(text: str) -> list[str]:
            problems = checker.check(recording, "dags.py", {"dags.py": text}, dags, deployments, [])
            return [one for several in problems.values() for one in several]

        assert found(made.text) == []
        for old, new in ((", d_a)", ", d_b)"), ('name="b_say"', 'name="c_say"')):
            assert old in made.text and found(made.text.replace(old, new)), old


def test_one_that_is_not_in_the_authors_files_is_refused(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.subdag import SubDagOperator
        from somewhere.else_ import make
        with DAG("d"):
            SubDagOperator(task_id="inner", subdag=make("d.inner"))
    """)
    status, note = made.note("inner.subdag")
    assert status == "refused" and "TaskGroup" in note and made.run().of("inner") == "failed"
