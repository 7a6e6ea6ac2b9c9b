"""PostgreSQL with PostGIS out of packages that were only unpacked; and cleaning up."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable

import pytest

from .conftest import Copy, lend_downloads

PROGRAM = """
import sys, tempfile
from pathlib import Path
import psycopg2
from engines.postgres import Cluster
with Cluster(Path(tempfile.mkdtemp()), durable=False) as cluster:
    connection = psycopg2.connect(cluster.url(driver="postgresql"))
    cursor = connection.cursor()
    for extension in ("postgis", "postgis_raster"):
        cursor.execute(f"CREATE EXTENSION {extension}")
    # needs PROJ's data, which are not where they were compiled to be
    cursor.execute("SELECT ST_X(ST_Transform(ST_SetSRID(ST_Point(36.8, -1.3), 4326), 32737))")
    print(cursor.fetchone()[0])
    connection.close()
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt to get packages with")
def test_unpacked_packages_are_a_whole_postgresql(new_copy: Callable[[], Copy]) -> None:
    copy = new_copy()
    lend_downloads(copy, "apt", "uv", "pip")
    # The server runs as `postgres` here if this is root: it must be able to go through the folders.
    for folder in (copy.folder, *list(copy.folder.parents)[:2]):
        if os.geteuid() == 0:
            folder.chmod(0o755)
    done = copy.set_up(REPLANT_POSTGRES="unpacked")
    assert done.returncode == 0, done.stderr
    facts = json.loads((copy.folder / ".cache/postgres.json").read_text())
    assert facts["origin"] == "unpacked"
    assert facts["bindir"].startswith(str(copy.folder))
    ran = copy.call(".venv/bin/python", "-c", PROGRAM)
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) == pytest.approx(255197.165, abs=0.01)
    assert copy.set_up(REPLANT_POSTGRES="unpacked").stderr == ""
    assert list(copy.home.iterdir()) == []


def test_clean_leaves_the_checkout_as_it_was_cloned_and_the_reports(new_copy: Callable[[], Copy]) -> None:
    copy = new_copy()
    before = {path.relative_to(copy.folder) for path in copy.folder.rglob("*")}
    for made in (".venv/bin", ".venv-airflow/bin", ".cache/run/1-x", ".mypy_cache", "engines/__pycache__"):
        (copy.folder / made).mkdir(parents=True)
    shutil.rmtree(copy.folder / ".cache/run")
    (copy.folder / "reports/tree_clusters").mkdir(parents=True)
    done = copy.call("make", "clean")
    assert done.returncode == 0, done.stderr
    after = {path.relative_to(copy.folder) for path in copy.folder.rglob("*")}
    assert {str(path) for path in after - before} == {"reports", "reports/tree_clusters"}
    assert before <= after


def test_clean_refuses_while_something_runs(new_copy: Callable[[], Copy]) -> None:
    copy = new_copy()
    session = copy.folder / ".cache/run" / f"{os.getpid()}-abc"
    session.mkdir(parents=True)
    done = copy.call("make", "clean")
    assert done.returncode == 2
    assert f"process {os.getpid()}" in done.stderr
    assert session.exists()
