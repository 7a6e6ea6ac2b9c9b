"""A Connection that `replant blocks apply` has mirrored serves the converted hooks and operators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL
from sqlalchemy.engine import make_url

from engines.databases import connected, create_database, drop_database
from engines.places import CHECKOUT
from engines.postgres import Cluster
from migration.author.database_hooks import OFFERED

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FILE = """
    import io
    from airflow import DAG
    from airflow.hooks.base import BaseHook
    from airflow.operators.python import PythonOperator
    from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
    from airflow.providers.postgres.hooks.postgres import PostgresHook
    got = []
    {function}
    with DAG("connected", schedule=None):
        {lines}
"""


def replant(*arguments: str, folder: Path) -> None:
    """Run `replant blocks …` against the tests' server."""
    env = {**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value()),
           "REPLANT_PLAN_KEY_FILE": str(folder / "plan.key")}  # fmt: skip
    command = [sys.executable, str(CHECKOUT / "replant.py"), "blocks", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def warehouse(prefect_server: None, postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Mirror a Connection `My_Warehouse.eu` out of an export; give its database's URL."""
    folder = tmp_path_factory.mktemp("connections")
    address = create_database(postgres.url(), "warehouse")
    url = make_url(address)
    connection = {
        "conn_type": "postgres", "host": url.host, "port": url.port, "login": url.username,
        "password": url.password, "schema": url.database, "extra": json.dumps(dict(url.query)),
    }  # fmt: skip
    (folder / "connections.json").write_text(json.dumps({"My_Warehouse.eu": connection}))
    (folder / "own.toml").write_text('[ledger]\nname = "warehouse"\n')
    own = ["--env", str(folder / "own.toml")]
    plan = str(folder / "plan.json")
    replant("plan", *own, "--from", str(folder / "connections.json"), "--plan", plan, folder=folder)
    replant("apply", plan, folder=folder)
    yield address
    drop_database(postgres.url(), "warehouse")


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask the database itself."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def test_operators_write_where_the_connection_leads(converted: Any, warehouse: str) -> None:
    made = converted(
        FILE.format(
            function="",
            lines="""
        def sql(name, statement, **more):
            return SQLExecuteQueryOperator(task_id=name, conn_id="My_Warehouse.eu", sql=statement, **more)
        make = sql("make", ["CREATE TABLE trees (id int, name text)",
                            "INSERT INTO trees VALUES (1, %(name)s)"], parameters={"name": "ash"})
        wrong = sql("wrong", ["INSERT INTO trees VALUES (2, 'lost')", "SELECT 1 / 0"])
        kept = sql("kept", ["INSERT INTO trees VALUES (3, 'kept')", "SELECT 1 / 0"], autocommit=True)
        make >> [wrong, kept, sql("vacuum", "VACUUM trees", autocommit=True),
                 sql("percent", "SELECT * FROM trees WHERE name LIKE '%x'", parameters={})]
""",
        )
    )
    assert made.dag.status == "converted" and made.note("make.conn_id")[0] == "equivalent"
    ran = made.run()
    assert {name: ran.of(name) for name in ran.tasks} == {
        "make": "success", "wrong": "failed", "kept": "failed", "vacuum": "success", "percent": "success",
    }  # fmt: skip
    assert rows(warehouse, "SELECT id, name FROM trees ORDER BY id") == [(1, "ash"), (3, "kept")]


def test_hooks_read_and_write_where_the_connection_leads(
    converted: Any, warehouse: str, tmp_path: Path
) -> None:
    (tmp_path / "more.tsv").write_text("4\tfir\n5\tyew\n")
    made = converted(
        FILE.format(
            function=f"""
    def work():
        hook = PostgresHook(postgres_conn_id="My_Warehouse.eu")
        hook.run("CREATE TABLE seeds (id int, name text)")
        hook.insert_rows("seeds", [(2, "elm"), (3, "oak")], target_fields=["id", "name"])
        hook.insert_rows(table="seeds", rows=iter([(n, None) for n in range(10, 13)]), commit_every=2)
        hook.bulk_load("seeds", "{tmp_path}/more.tsv")
        hook.copy_expert("COPY (SELECT name FROM seeds WHERE id < 4 ORDER BY id) TO STDOUT",
                         "{tmp_path}/out.txt")
        got.append(hook.get_first("SELECT count(*) FROM seeds")[0])
        got.append(hook.get_records("SELECT name FROM seeds WHERE id = %s", parameters=[5]))
        given = BaseHook.get_connection("My_Warehouse.eu")
        got.append((given.host, given.port, given.schema, given.login, given.password))
        got.append(hook.get_uri().startswith("postgresql://"))
        other = PostgresHook("My_Warehouse.eu", database="template1")
        got.append(other.get_first("SELECT current_database()")[0])
""",
            lines="PythonOperator(task_id='work', python_callable=work)",
        )
    )
    assert made.dag.status == "converted"
    ran = made.run()
    url = make_url(warehouse)
    assert ran.module.got == [
        7, [("yew",)], (url.host, url.port, url.database, url.username, url.password), True, "template1",
    ]  # fmt: skip
    assert ran.of("work") == "success"
    assert (tmp_path / "out.txt").read_text() == "elm\noak\n"
    assert rows(warehouse, "SELECT id FROM seeds ORDER BY id") == [(n,) for n in (2, 3, 4, 5, 10, 11, 12)]


@pytest.mark.parametrize(
    "use", ["hook.get_openlineage_database_info(None)", "PostgresHook('a').get_table_schema('t')"]
)
def test_what_the_hook_does_not_offer_is_refused(converted: Any, use: str) -> None:
    made = converted(
        FILE.format(
            function=f"""
    def work():
        hook = PostgresHook('a')
        return {use}
""",
            lines="PythonOperator(task_id='work', python_callable=work)",
        )
    )
    assert made.dag.status == "refused"
    assert any("PostgresHook" in item.note for item in made.dag.items if item.status == "refused")


def test_what_counts_as_offered_is_what_the_hook_has(prefect_server: None) -> None:
    from replant_database import PostgresHook  # type: ignore[import-not-found]

    own = set(vars(PostgresHook("a"))) - {"connection_id", "database"}
    assert own | {name for name in dir(PostgresHook) if not name.startswith("_")} == OFFERED


def test_a_connection_that_is_not_mirrored_fails_its_task_by_name(converted: Any) -> None:
    made = converted(
        FILE.format(
            function="",
            lines="SQLExecuteQueryOperator(task_id='work', conn_id='Nowhere', sql='SELECT 1')",
        )
    )
    assert made.run().of("work") == "failed"
