"""BashOperator: the last line of output is the result, a bad end fails, 99 skips where it is written."""

from __future__ import annotations

import os
from datetime import UTC, datetime
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
    assert ran.module.bash_with_options.fn("echo 41", processor=lambda line: int(line) + 1) == 42
    assert {name: ran.of(name) for name in "abc"} == {"a": "skipped", "b": "success", "c": "skipped"}


OPTIONS = """
    import json
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator
    got = []
    with DAG("d"):
        only = BashOperator(task_id="only", bash_command="echo $HOME $X", env={{"X": "1"}})
        more = BashOperator(task_id="more", bash_command="echo $HOME $X", env={{"X": "2"}}, append_env=True)
        there = BashOperator(task_id="there", bash_command="pwd; exit {code}", cwd="/usr"{more})
        made = BashOperator(task_id="made", bash_command="echo '[3, 4]'", output_processor=json.loads)
        [only, more, there, made] >> PythonOperator(
            task_id="show", python_callable=lambda *given: got.append(given),
            op_args=[one.output for one in (only, more, there, made)])
"""


def test_options_that_are_used(converted: Any) -> None:
    made = converted(OPTIONS.format(code=0, more=""))
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert "def bash_with_cwd(command: str, cwd: str) -> str:" in made.text
    status, note = made.note("only.bash_command")
    assert status == "equivalent" and "exit code 99 fails it, where Airflow skips" in note
    assert "folder" in note and "folder" not in made.note("there.bash_command")[1]
    ran = made.run()
    assert ran.state == "COMPLETED"
    assert ran.module.got == [("1", f"{os.environ['HOME']} 2", "/usr", [3, 4])]


def test_an_exit_code_that_skips_is_the_runtimes(converted: Any) -> None:
    ran = converted(OPTIONS.format(code=99, more="")).run()
    assert (ran.of("there"), ran.of("show"), ran.state) == ("skipped", "skipped", "COMPLETED")
    ran = converted(OPTIONS.format(code=7, more=", skip_on_exit_code=[7]")).run()
    assert (ran.of("there"), ran.of("show")) == ("skipped", "skipped")
    made = converted(OPTIONS.format(code=99, more=", skip_on_exit_code=None"))  # nothing skips
    assert "replant_" not in made.text and made.run().of("there") == "failed"
    made = converted(OPTIONS.format(code=7, more=", skip_on_exit_code=[7, 8]"))
    assert made.dag.status == "refused"


def test_a_command_file_that_is_not_there_is_refused(converted: Any) -> None:
    made = converted(BEGIN + "with DAG('d'):\n    BashOperator(task_id='a', bash_command='run.sh')\n")
    assert made.dag.status == "refused" and made.run().state == "FAILED"


@pytest.mark.parametrize(
    ("command", "last"),
    [("echo a; echo 'b '", "b"), ("echo a; echo", ""), ("echo a; echo err >&2", "err"), ("true", "")],
)
def test_the_last_line_is_airflows(converted: Any, command: str, last: str) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        from airflow.operators.python import PythonOperator
        got = []
        def take(ti):
            got.append(ti.xcom_pull("say"))
        with DAG("d", schedule=None):
            BashOperator(task_id="say", bash_command={command!r}) >> PythonOperator(
                task_id="take", python_callable=take)
    """)
    assert made.dag.status == "converted"
    assert made.run().module.got == [last]


@pytest.mark.parametrize("more", ["", ", env={'A': '1'}", ", skip_on_exit_code=99"])
def test_what_a_failing_command_says_is_shown(
    converted: Any, capfd: pytest.CaptureFixture[str], more: str
) -> None:
    call = f"BashOperator(task_id='a', bash_command='echo one; echo wrong >&2; exit 3'{more})"
    made = converted(f"{BEGIN}with DAG('d'):\n    {call}\n")
    assert made.run().state == "FAILED"
    assert "one\nwrong\n" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("command", "more", "last"),
    [
        (r"printf 'a\nb\xff\n'", "", r"b\xff"),
        (r"printf 'a\xe4b'", "output_encoding='latin-1'", "a\u00e4b"),
        (r"printf 'a\xe4b'", "output_encoding='latin-1', skip_on_exit_code=3", "a\u00e4b"),
        (r"printf 'a\rb\n'", "", "a\rb"),
    ],
)
def test_output_is_decoded_as_in_airflow(converted: Any, command: str, more: str, last: str) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        from airflow.operators.python import PythonOperator
        got = []
        def take(ti):
            got.append(ti.xcom_pull("say"))
        with DAG("d", schedule=None):
            BashOperator(task_id="say", bash_command={command!r}, {more}) >> PythonOperator(
                task_id="take", python_callable=take)
    """)
    assert made.dag.status == "converted", made.dag
    assert made.run().module.got == [last]


def test_a_templated_folder_is_rendered(converted: Any, tmp_path: Any) -> None:
    (tmp_path / "2026-03-29").mkdir()
    cwd = f"{tmp_path}/{{{{ ds }}}}"
    made = converted(
        BEGIN + "with DAG('d', schedule_interval='@daily'):\n"
        f"    BashOperator(task_id='a', bash_command='touch here', cwd={cwd!r})\n"
    )
    assert made.dag.status == "converted"
    made.run(logical_date=datetime(2026, 3, 29, tzinfo=UTC))
    assert (tmp_path / "2026-03-29" / "here").is_file()


def test_what_only_airflow_exports_is_refused(converted: Any) -> None:
    made = converted(BEGIN + "with DAG('d'):\n    BashOperator(task_id='a', bash_command='$AIRFLOW_CTX_X')\n")
    assert made.dag.status == "refused" and "AIRFLOW_CTX_" in str(made.dag)


def test_names_say_what_they_stand_for(converted: Any) -> None:
    made = converted(
        "from airflow.operators.python import PythonOperator\n" + BEGIN + "def bash(): return call()\n"
        "def call(): return 1\n"
        "with DAG('d'):\n"
        "    PythonOperator(task_id='p', python_callable=bash)\n"
        "    BashOperator(task_id='a', bash_command='true')\n"
        "    BashOperator(task_id='b', bash_command='true', env={'A': '1'})\n"
        "    BashOperator(task_id='c', bash_command='true', env={'A': '1'}, append_env=True)\n"
    )
    assert made.dag.status == "converted" and made.run().state == "COMPLETED"
    for name in ("bash", "bash_task", "bash_with_env", "bash_with_added_env"):
        assert f"def {name}(" in made.text, made.text
