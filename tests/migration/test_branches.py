"""Branches, short circuits and trigger rules as plain Python: Airflow's meaning, under a real Prefect.

What Airflow skips is not called; what cannot run is called and not ready, or the flow has ended.
"""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
BEGIN = """
import os, random, time
from airflow import DAG
from airflow.operators.empty import EmptyOperator as E
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
def bad(): raise ValueError("as asked")
def fine(): print("done")
def slow(): time.sleep(1)
def work(task_id, **more):
    function = bad if task_id == {failing!r} else slow if task_id == "slow" else fine
    return PythonOperator(task_id=task_id, python_callable=function, **more)
def choose(): return [{way!r}][0]
def fixed():
    if time.time() > 0:
        return "left"
    return "right"
"""
FORK = """
with DAG("d", schedule=None):
    pick = {pick}
    left, right = work("left"), work("right")
    pick >> [left, right] >> work("join", trigger_rule="none_failed_min_one_success") >> work("behind")
    work("slow") >> work("aside")
"""
PICK = 'BranchPythonOperator(task_id="pick", python_callable=choose)'


def made_of(converted: Any, text: str, failing: str = "", way: Any = "left") -> Any:
    """Convert; the flow must do without the runtime."""
    made = converted(BEGIN.format(failing=failing, way=way) + text)
    assert made.dag.status == "converted", made.dag.items
    assert "replant_runtime" not in made.text, made.text
    return made


@pytest.mark.parametrize("way", ["left", "right"])
def test_each_way(converted: Any, way: str) -> None:
    ran = made_of(converted, FORK.format(pick=PICK), way=way).run()
    other = "right" if way == "left" else "left"
    found = {name: ran.of(name) for name in (way, other, "join", "behind", "aside")}
    assert found == {way: "success", other: "not called", "join": "success", "behind": "success",
                     "aside": "success"}  # fmt: skip
    assert ran.state == "COMPLETED"


@pytest.mark.parametrize("way", [None, [], "aside", ["slow"]])
def test_no_way(converted: Any, way: Any) -> None:
    ran = made_of(converted, FORK.format(pick=PICK), way=way).run()
    assert ran.tasks.keys() == {"pick", "slow", "aside"} and ran.state == "COMPLETED"


@pytest.mark.parametrize("way", ["", "nowhere", ["left", "nowhere"], 3, ["left", 3], False, "pick"])
def test_a_branch_to_what_does_not_exist_fails(converted: Any, way: Any) -> None:
    """As in Airflow; there "pick", which is the branch itself, would mean every way."""
    ran = made_of(converted, FORK.format(pick=PICK), way=way).run()
    assert (ran.of("pick"), ran.of("aside"), ran.state) == ("failed", "success", "FAILED")
    assert "success" not in {ran.of(name) for name in ("left", "right", "join", "behind")}


def test_a_branch_may_name_what_leads_to_its_ways_from_beside(converted: Any) -> None:
    text = FORK.format(pick=PICK) + "    work('door') >> left\n"
    ran = made_of(converted, text, way="door").run()
    assert (ran.of("left"), ran.of("right"), ran.of("join")) == ("success", "not called", "success")


def test_one_function_may_be_two_branches(converted: Any) -> None:
    text = """
with DAG("d", schedule=None):
    one = BranchPythonOperator(task_id="one", python_callable=choose)
    one >> work("left") >> BranchPythonOperator(task_id="two", python_callable=choose) >> work("end")
"""
    ran = made_of(converted, text).run()
    assert (ran.of("one"), ran.of("left"), ran.of("two")) == ("success", "success", "failed")
    assert ran.state == "FAILED" and ran.of("end") == "not called"


@pytest.mark.parametrize("failing", ["pick", "left"])
def test_a_failure_stops_what_is_behind_and_nothing_else(converted: Any, failing: str) -> None:
    pick = PICK if failing == "left" else PICK.replace("choose", "bad")
    ran = made_of(converted, FORK.format(pick=pick), failing=failing).run()
    assert ran.of(failing) == "failed" and ran.state == "FAILED"
    assert "success" not in {ran.of(name) for name in ("right", "join", "behind")}
    assert ran.of("aside") == "success"


def test_a_branch_of_known_ways_is_an_if(converted: Any) -> None:
    made = made_of(
        converted,
        """
with DAG("d", schedule=None):
    pick = BranchPythonOperator(task_id="pick", python_callable=fixed)
    join = work("join", trigger_rule="none_failed")
    pick >> work("left") >> join
    pick >> work("right") >> join
""",
    )
    ran = made.run()
    assert 'if pick.result() == "left":' in made.text and "else:" in made.text
    assert (ran.of("left"), ran.of("right"), ran.of("join")) == ("success", "not called", "success")


@pytest.mark.parametrize(("answer", "behind"), [("True", "success"), ("False", "not called")])
def test_a_short_circuit(converted: Any, answer: str, behind: str) -> None:
    made = made_of(
        converted,
        f"""
with DAG("d", schedule=None):
    ShortCircuitOperator(task_id="check", python_callable=lambda: {answer}) >> work("a") >> work("b")
""",
    )
    ran = made.run()
    assert "if check_run.result():" in made.text
    assert (ran.of("a"), ran.of("b"), ran.state) == (behind, behind, "COMPLETED")


@pytest.mark.parametrize(
    ("failing", "alert", "worse", "state"),
    [("", "not called", "not called", "COMPLETED"), ("a", "success", "not called", "COMPLETED")],
)
def test_rules_on_failures(converted: Any, failing: str, alert: str, worse: str, state: str) -> None:
    ran = made_of(
        converted,
        """
with DAG("d", schedule=None):
    a, b = work("a"), work("b")
    [a, b] >> work("alert", trigger_rule="one_failed")
    [a, b] >> work("worse", trigger_rule="all_failed")
    [a, b] >> work("last", trigger_rule="all_done")
""",
        failing=failing,
    ).run()
    assert (ran.of("alert"), ran.of("worse"), ran.of("last")) == (alert, worse, "success")
    assert ran.state == state


def test_all_done_waits_for_what_could_not_run(converted: Any) -> None:
    text = """
with DAG("d", schedule=None):
    work("a") >> work("b") >> work("last", trigger_rule="all_done")
"""
    ran = made_of(converted, text, failing="a").run()
    assert (ran.of("b"), ran.of("last"), ran.state) == ("not called", "success", "COMPLETED")


def test_what_runs_side_by_side_goes_on_after_a_failure(converted: Any) -> None:
    text = """
with DAG("d", schedule=None):
    [work("bad"), work("slow") >> work("aside")] >> work("join")
"""
    ran = made_of(converted, text, failing="bad").run()
    assert (ran.of("aside"), ran.of("join"), ran.state) == ("success", "not called", "FAILED")
