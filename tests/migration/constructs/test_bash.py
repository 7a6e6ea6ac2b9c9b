"""BashOperator: the last line of output is the result, a bad end fails, 99 skips where it is written."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

BEGIN = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"


def test_what_stays(converted: Any, tmp_path: Any) -> None:
    made = converted(
        BEGIN + "with DAG('d'):\n"
        "    a = BashOperator(task_id='a', bash_command='echo one; echo two')\n"
        "    b = BashOperator(task_id='b', bash_command='exit 3')\n"
        "    c = BashOperator(task_id='c', bash_command='true')\n    a >> b >> c\n"
    )
    ran = made.run()
    assert made.dag.status == "converted" and "replant_runtime" not in made.text
    assert ran.module.bash.fn("echo one; echo two") == "two"
    assert (ran.state, ran.of("a"), ran.of("b")) == ("FAILED", "success", "failed")
    assert "c" not in ran.tasks  # in a line of tasks nothing behind a failure is called


def test_skip_env_and_template(converted: Any) -> None:
    made = converted(
        BEGIN + "with DAG('d', schedule_interval='@daily'):\n"
        "    a = BashOperator(task_id='a', bash_command='exit 99')\n"
        "    b = BashOperator(task_id='b', bash_command='echo $X {{ ds }}', env={'X': 'hi'})\n"
        "    c = BashOperator(task_id='c', bash_command='true')\n    a >> c\n"
    )
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert ran.module.bash.fn("echo 41", processor=lambda line: int(line) + 1) == 42
    assert {name: ran.of(name) for name in "abc"} == {"a": "skipped", "b": "success", "c": "skipped"}


def test_a_command_file_that_is_not_there_is_refused(converted: Any) -> None:
    made = converted(BEGIN + "with DAG('d'):\n    BashOperator(task_id='a', bash_command='run.sh')\n")
    assert made.dag.status == "refused" and made.run().state == "FAILED"
