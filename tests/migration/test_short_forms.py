"""What stands in a flow's file instead of the runtime, executed: database, Variables, mail on failure."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest

from tests.migration.smtp_server import smtp_server

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def without_runtime(made: Any) -> Any:
    """Give what is run, which must not import the runtime."""
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    return made


def test_a_hook_gives_connections_of_the_block(converted: Any, database_url: str) -> None:
    from prefect_sqlalchemy import SqlAlchemyConnector

    block: Any = SqlAlchemyConnector(connection_info=database_url)
    block.save("main-db", overwrite=True)
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        got = []
        def work():
            connection = PostgresHook(postgres_conn_id="Main_DB").get_conn()
            with connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLE kept (id int)")
                cursor.execute("INSERT INTO kept VALUES (7)")
            hook = PostgresHook("Main_DB", keepalives_idle=30)
            other = hook.get_conn()
            with other.cursor() as cursor:
                cursor.execute("SELECT id FROM kept")
                got.append(cursor.fetchone())
            other.close()
            connection.close()
        with DAG("d", schedule=None):
            PythonOperator(task_id="t", python_callable=work)
    """)
    ran = without_runtime(made).run()
    assert (ran.of("t"), ran.module.got) == ("success", [(7,)])
    assert "Hook" not in made.text and 'other = postgres_connection("main-db")' in made.text


def test_a_hook_whose_connection_is_not_fixed_stays_a_hook(converted: Any, database_url: str) -> None:
    from prefect_sqlalchemy import SqlAlchemyConnector

    block: Any = SqlAlchemyConnector(connection_info=database_url)
    block.save("asked-db", overwrite=True)
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        got = []
        def fixed():
            # by its name
            hook = PostgresHook("asked_db")
            hook.get_conn().close()
        def given(name):
            hook = PostgresHook(postgres_conn_id=name)
            connection = hook.get_conn()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 8")
                got.append(cursor.fetchone())
            connection.close()
        with DAG("d", schedule=None):
            PythonOperator(task_id="t", python_callable=fixed)
            PythonOperator(task_id="u", python_callable=given, op_args=["asked_db"])
    """)
    assert "class PostgresHook:" in made.text and "# by its name" in made.text
    ran = without_runtime(made).run()
    assert (ran.of("t"), ran.of("u"), ran.module.got) == ("success", "success", [(8,)])


def test_a_hook_by_the_name_of_a_constant_leaves_only_its_comment(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        with DAG("d", schedule=None):
            CONNECTION = "Main_DB"
            def work(quick):
                if quick:
                    # the one with the seeds
                    hook = PostgresHook(postgres_conn_id=CONNECTION)
                return hook.get_conn()
            PythonOperator(task_id="t", python_callable=work, op_args=[True])
    """)
    assert 'return postgres_connection("main-db")' in made.text, made.text
    assert "CONNECTION" not in made.text and "# the one with the seeds" in made.text


@pytest.mark.parametrize(
    "more", ["schema='other'", "options='-c x=y'", "connection=None", "**{'schema': 'x'}"]
)
def test_a_hook_that_is_told_more_takes_the_runtime(converted: Any, more: str) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        def work(): PostgresHook(postgres_conn_id="a", {more}).get_conn()
        with DAG("d", schedule=None):
            PythonOperator(task_id="t", python_callable=work)
    """)
    assert "from replant_runtime import PostgresHook" in made.text


def test_variables_are_prefects_or_secrets_or_their_defaults(converted: Any) -> None:
    from prefect.blocks.system import Secret
    from prefect.variables import Variable

    Variable.set("short_text", "hello", overwrite=True)
    Variable.set("short_json", {"a": 1}, overwrite=True)
    secret: Any = Secret(value="hidden")  # type: ignore[arg-type]
    secret.save("short-secret", overwrite=True)
    made = converted("""
        from airflow import DAG
        from airflow.models import Variable
        from airflow.operators.python import PythonOperator
        got = []
        def work():
            got.append((Variable.get("SHORT_TEXT"), Variable.get("short_json"), Variable.get("short_secret")))
            got.append((Variable.get("nowhere", default_var=None), Variable.get("nowhere", "x")))
        def lacks(): Variable.get("nowhere")
        with DAG("d", schedule=None):
            PythonOperator(task_id="t", python_callable=work)
            PythonOperator(task_id="u", python_callable=lacks)
    """)
    ran = without_runtime(made).run()
    assert ran.module.got == [("hello", '{"a": 1}', "hidden"), (None, "x")]
    assert (ran.of("t"), ran.of("u")) == ("success", "failed")


@pytest.mark.parametrize("error", ["KeyError", "ValueError"])
def test_variables_without_defaults_are_texts_or_errors(converted: Any, error: str) -> None:
    """The error's class is Airflow's where somebody asks for it."""
    from prefect.blocks.system import Secret
    from prefect.variables import Variable

    Variable.set("plain_text", "hello", overwrite=True)
    secret: Any = Secret(value="hidden")  # type: ignore[arg-type]
    secret.save("plain-secret", overwrite=True)
    made = converted(f"""
        from airflow import DAG
        from airflow.models import Variable
        from airflow.operators.python import PythonOperator
        got = []
        def work():
            got.append((Variable.get("PLAIN_TEXT"), Variable.get("plain_secret")))
            try:
                Variable.get("nowhere")
            except {error}:
                got.append("caught")
        with DAG("d", schedule=None):
            PythonOperator(task_id="t", python_callable=work)
    """)
    ran = without_runtime(made).run()
    assert (ran.of("t"), ran.module.got) == ("success", [("hello", "hidden"), "caught"])
    assert ("default_var" in made.text) == (error == "KeyError")


def test_mail_on_failure(converted: Any) -> None:
    from prefect.blocks.system import Secret

    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        def work(): raise ValueError("no seeds")
        with DAG("d", schedule=None, default_args={"email": ["a@example.com"], "email_on_retry": False}):
            PythonOperator(task_id="t", python_callable=work)
    """)
    with smtp_server() as server:
        secret: Any = Secret(value=f"{server.url}?us@example.com")  # type: ignore[arg-type]
        secret.save("smtp-url", overwrite=True)
        ran = without_runtime(made).run()
        text = server.text()
    assert ran.of("t") == "failed"
    for part in (b"RCPT TO:<a@example.com>", b"From: us@example.com", b"t Failed", b"no seeds"):
        assert part.lower() in text.lower()


@pytest.mark.parametrize("beside", ["", "            PythonOperator(task_id='u', python_callable=work)"])
def test_a_wait_ends_when_the_run_is_stopped(converted: Any, beside: str) -> None:
    """Called in the flow's own thread, or beside another task in one of its own."""
    made = without_runtime(
        converted(f"""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.sensors.python import PythonSensor
        def work(): return 1
        with DAG("d", schedule=None):
            PythonSensor(task_id="t", python_callable=lambda: False, poke_interval=60)
{beside}
    """)
    )
    stop = threading.Timer(6, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    stop.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        made.run()
    assert time.monotonic() - began < 40
