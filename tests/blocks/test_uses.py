"""What `replant blocks uses` finds in DAG files, without running them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import replant
from blocks.settings_table import GUIDE, with_tables
from blocks.uses import find_uses
from engines.places import AIRFLOW_DAGS
from pipelines.errors import CannotProceedError

DAG = '''
from airflow.models import Variable as V, Connection
from airflow.hooks.base import BaseHook
from airflow.sdk import DAG, Param
import airflow.models as m

KEY = "from_constant"
V.get("plain")
V.get(KEY, default_var=None)
m.Variable.get(key="by_keyword")
V.get(f"computed_{KEY}")
BaseHook.get_connection("hooked")
Connection.get_connection_from_secrets(conn_id="backend")
PostgresHook("first_argument")
SQLExecuteQueryOperator(task_id="x", conn_id="by_conn_id", sql="SELECT {{ var.value.in_sql }}")
S3Hook(aws_conn_id="an_aws")
default_args = {"postgres_conn_id": "in_a_dict", "owner": "x"}
BashOperator(bash_command="""
echo {{ var.json.config.inner.deep }} {{ var.value.get('with_get', 'x') }}
{% if conn.in_jinja.password %} {{ conn['by_item'].host }} {{ conn.get("asked").host }} {% endif %}
""")
def helper(name, slack_conn_id="a_default"):
    return BaseHook.get_connection(name)
helper("through_a_helper")
helper(name=KEY)
with DAG("d", params={"which": Param("of_a_param"), "n": 1}) as dag:
    pass
def task(**context):
    chosen = context["params"]["which"]
    return V.get(chosen)
requests.get("https://x"); os.environ.get("NOT_A_VARIABLE"); {}.get("neither")
'''
EXPECTED = {
    "variable/plain", "variable/from_constant", "variable/by_keyword", "variable/None", "variable/in_sql",
    "variable/config", "variable/with_get", "variable/of_a_param", "connection/hooked", "connection/backend",
    "connection/first_argument", "connection/by_conn_id", "connection/an_aws", "connection/in_a_dict",
    "connection/in_jinja", "connection/by_item", "connection/asked", "connection/a_default",
    "connection/through_a_helper", "connection/from_constant",
}  # fmt: skip


def test_every_way_of_reading_a_setting_is_found_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(DAG)
    found = find_uses([tmp_path])
    assert {f"{use.kind}/{use.name}" for use in found.uses} == EXPECTED
    lines = DAG.splitlines()
    for use in found.uses:
        if use.how == "Jinja" and use.name:
            assert use.name in lines[use.line - 1], use


def test_template_files_are_looked_through_even_broken_ones(tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("SELECT 1;\nSELECT '{{ conn.db.schema }}' {{ var.value.t }}")
    (tmp_path / "broken.sh").write_text("echo ${#x[@]} {{ var.value.loose }} {# never closed")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.sql").write_text("{{ var.value.hidden }}")
    found = {(use.name, use.line) for use in find_uses([tmp_path]).uses}
    assert found == {("db", 2), ("t", 2), ("loose", 1)}


def test_a_file_that_is_no_python_3_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("print 'x'\n")
    found = find_uses([tmp_path])
    assert "old.py, line 1" in found.unreadable[0]


def test_the_project_s_own_dag(capsys: pytest.CaptureFixture[str]) -> None:
    assert replant.main(["blocks", "uses", str(AIRFLOW_DAGS), "--json"]) == 0
    uses = json.loads(capsys.readouterr().out)["uses"]
    assert {(use["kind"], use["name"]) for use in uses} >= {
        ("connection", "postgres_default"),
        ("variable", "SLACK_WEBHOOK"),
    }


def test_what_exists_and_what_is_never_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dag.py").write_text('Variable.get("there")\nVariable.get("not_there")\n')
    export = tmp_path / "v.json"
    export.write_text(json.dumps({"there": 1, "unread": 2}))
    export.chmod(0o600)
    assert replant.main(["blocks", "uses", str(tmp_path / "dag.py"), "--from", str(export)]) == 0
    out = capsys.readouterr().out
    assert "variable/not_there  NOT in the sources" in out
    assert "never read: variable/unread" in out
    assert "variable/there\n" in out


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match="not there"):
        find_uses([tmp_path / "nowhere"])


def test_the_guide_s_tables_are_up_to_date() -> None:
    """If this fails: `.venv/bin/python -m blocks.settings_table --write`."""
    page = GUIDE.read_text()
    assert with_tables(page) == page
