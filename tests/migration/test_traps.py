"""Where Airflow's meaning is easily lost: each trap of the facts sheet, from a DAG to its run.

Others stand with what they concern: branches, short circuits and products of values in `constructs/`,
trigger rules and time-outs in `test_runtime.py`, the interval's end in `test_moments.py`, other flows in
`test_other_flows.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
BEGIN = """
from airflow import DAG
from airflow.decorators import task
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
said = []
"""


def test_a_commands_folder_environment_and_result(converted: Any, tmp_path: Path) -> None:
    made = converted(
        BEGIN + "def show(value): said.append(value)\n"
        "with DAG('d'):\n"
        f"    a = BashOperator(task_id='a', bash_command='echo x; pwd', cwd={str(tmp_path)!r})\n"
        "    b = BashOperator(task_id='b', bash_command='echo $A${PATH:+path}', env={'A': '1'},\n"
        "                     append_env=True)\n"
        "    c = BashOperator(task_id='c', bash_command='echo $A${HOME:+home}', env={'A': '1'})\n"
        "    for one in (a, b, c):\n"
        "        PythonOperator(task_id='of_' + one.task_id, python_callable=show, op_args=[one.output])\n"
    )
    assert made.dag.status == "converted", made.dag.items
    assert made.run().state == "COMPLETED"
    # with `env` alone a command sees nothing else of the environment
    assert sorted(made.run().module.said) == sorted([str(tmp_path), "1path", "1"])


@pytest.mark.parametrize(("command", "state"), [("exit 99", "skipped"), ("exit 98", "failed")])
def test_the_exit_code_that_skips(converted: Any, command: str, state: str) -> None:
    text = f"with DAG('d'):\n    BashOperator(task_id='a', bash_command='{command}')"
    ran = converted(f"{BEGIN}{text} >> EmptyOperator(task_id='b', trigger_rule='all_done')\n").run()
    assert (ran.of("a"), ran.of("b"), ran.state) == (state, "success", "COMPLETED")


def test_a_branch_may_name_a_group(converted: Any) -> None:
    made = converted(
        BEGIN + "from airflow.operators.python import BranchPythonOperator\n"
        "from airflow.utils.task_group import TaskGroup\n"
        "with DAG('d'):\n"
        "    pick = BranchPythonOperator(task_id='pick', python_callable=lambda: 'chosen')\n"
        "    for name in ('chosen', 'other'):\n"
        "        with TaskGroup(name) as group:\n"
        "            EmptyOperator(task_id='first') >> EmptyOperator(task_id='second')\n"
        "        pick >> group\n"
    )
    assert made.dag.status == "converted", made.dag.items
    ran = made.run()
    assert (ran.of("chosen.first"), ran.of("chosen.second")) == ("success", "success")
    assert {ran.tasks[name].get("success", 0) for name in ran.tasks if name.startswith("other.")} <= {0}


def test_a_result_of_none_pushes_nothing(converted: Any) -> None:
    made = converted(
        BEGIN + "with DAG('d'):\n"
        "    @task\n    def nothing(): return None\n"
        "    @task\n    def look(ti=None): said.append(ti.xcom_pull('nothing', default='none pushed'))\n"
        "    nothing() >> look()\n"
    )
    assert made.run().module.said == ["none pushed"]


def test_no_values_to_map_over_skip_the_task_and_what_is_behind(converted: Any) -> None:
    made = converted(
        BEGIN + "with DAG('d'):\n"
        "    @task\n    def values(): return []\n"
        "    @task\n    def each(x): said.append(x)\n"
        "    @task\n    def fixed(x): said.append(x)\n"
        "    each.expand(x=values()) >> EmptyOperator(task_id='behind')\n"
        "    fixed.expand(x=[]) >> EmptyOperator(task_id='last', trigger_rule='none_failed')\n"
    )
    ran = made.run()
    states = {name: ran.of(name) for name in ran.tasks}
    assert states == {
        "values": "success", "each": "skipped", "behind": "skipped", "fixed": "skipped", "last": "success",
    }  # fmt: skip
    assert ran.state == "COMPLETED" and ran.module.said == []


@pytest.mark.parametrize(("fails_the_run", "state"), [("False", "COMPLETED"), ("True", "FAILED")])
def test_a_teardowns_failure_counts_only_where_it_says_so(
    converted: Any, fails_the_run: str, state: str
) -> None:
    made = converted(
        BEGIN + "with DAG('d'):\n"
        "    up = EmptyOperator(task_id='up').as_setup()\n"
        "    down = BashOperator(task_id='down', bash_command='false')\n"
        f"    down.as_teardown(setups=up, on_failure_fail_dagrun={fails_the_run})\n"
        "    up >> EmptyOperator(task_id='work') >> down\n"
    )
    ran = made.run()
    assert (ran.of("work"), ran.of("down"), ran.state) == ("success", "failed", state)


def test_an_empty_task_keeps_its_rule_its_callback_and_its_outlet(
    converted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = converted(
        BEGIN + "from airflow.datasets import Dataset\n"
        "def tell(context): said.append(context['ti'].task_id)\n"
        "with DAG('d'):\n"
        "    BashOperator(task_id='bad', bash_command='false') >> EmptyOperator(\n"
        "        task_id='point', trigger_rule='one_failed', on_success_callback=tell,\n"
        "        outlets=[Dataset('x')])\n"
    )
    assert made.dag.status == "converted", made.dag.items
    events: list[str] = []
    monkeypatch.setattr(
        "prefect.events.emit_event",
        lambda event, resource, **_: events.append(resource["prefect.resource.id"]),
    )
    ran = made.run()
    assert (ran.of("bad"), ran.of("point"), ran.module.said) == ("failed", "success", ["point"])
    assert events == ["airflow.asset.x"]


def test_catchup_makes_dated_runs_that_are_asked_for_one_by_one(converted: Any) -> None:
    made = converted(
        BEGIN + "def look(ds, next_ds): said.append((ds, next_ds))\n"
        "with DAG('d', schedule_interval='@daily', catchup=True):\n"
        "    PythonOperator(task_id='look', python_callable=look)\n"
    )
    assert "logical_date" in made.note("catchup")[1] or made.note("catchup")[0] == "equivalent"
    from datetime import UTC, datetime

    ran = made.run(logical_date=datetime(2026, 3, 29, tzinfo=UTC))
    assert ran.module.said == [("2026-03-29", "2026-03-30")]
