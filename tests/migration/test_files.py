"""FileSensors see the same files as in real Airflow; paths that need a connection's folder are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.migration.in_airflow import ends_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]
DAG = """
import datetime
from airflow import DAG
from airflow.providers.standard.sensors.filesystem import FileSensor
def waits(name, path, **more):
    FileSensor(task_id=name, filepath=path, poke_interval=0.1, timeout=0.3, **more)
with DAG("files", schedule=None, start_date=datetime.datetime(2024, 1, 1), params={{"day": "today"}}):
    waits("file", "{folder}/today.csv")
    waits("lacking", "{folder}/tomorrow.csv")
    waits("pattern", "{folder}/to*.csv")
    waits("full", "{folder}/full")
    waits("empty", "{folder}/empty")
    waits("empty_by_pattern", "{folder}/emp*")
    waits("flat", "{folder}/**/deep.csv")
    waits("deep", "{folder}/**/deep.csv", recursive=True)
    waits("connected", "{folder}/today.csv", fs_conn_id="disk")
    waits("template", "{folder}/{{{{ params.day }}}}.csv")
    waits("template_first", "{{{{ '{folder}' }}}}/today.csv")
"""
CONNECTIONS = """
import os
for name in ("FS_DEFAULT", "DISK"):
    os.environ[f"AIRFLOW_CONN_{name}"] = '{"conn_type": "fs", "extra": {"path": "/nowhere"}}'
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files, deep ones and none."""
    for name in ("full/sub", "empty/sub"):
        (tmp_path / "seen" / name).mkdir(parents=True)
    for name in ("today.csv", "full/sub/deep.csv"):
        (tmp_path / "seen" / name).write_text("x")
    return tmp_path / "seen"


def test_they_see_what_airflow_sees(converted: Any, folder: Path, tmp_path: Path) -> None:
    text = DAG.format(folder=folder)
    (tmp_path / "airflow").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "airflow" / "files.py").write_text(CONNECTIONS + text)
    real = ends_in_airflow(tmp_path / "airflow", tmp_path / "home")["files"]["tasks"]
    made = converted(text)
    assert made.dag.status == "converted", made.dag.items
    assert made.note("file.filepath")[0] == "converted"
    assert made.note("template_first.filepath")[0] == "equivalent"
    ran = made.run()
    assert {name: [ran.of(name)] for name in real} == real
    assert real["empty"] == real["flat"] == ["failed"] and real["deep"] == real["connected"] == ["success"]


@pytest.mark.parametrize("more", ["", 'fs_conn_id="disk"'])
@pytest.mark.parametrize("path", ["in/today.csv", "~/today.csv"])
def test_a_path_below_a_connections_folder_is_refused(converted: Any, path: str, more: str) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.sensors.filesystem import FileSensor
        with DAG("d", schedule=None):
            FileSensor(task_id="waits", filepath="{path}", {more})
    """)
    status, note = made.note("waits.filepath")
    assert (status, made.dag.status) == ("refused", "refused") and "whole path" in note
    assert made.run().of("waits") == "failed"
