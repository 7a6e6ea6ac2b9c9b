"""Locks that are not given up, results that were emptied, and a disk that is full."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster
from pipelines.tree_clusters.locks import AlreadyRunningError, TooSlowError
from tests.pipelines import changed_world, worlds


@pytest.mark.parametrize(
    "held", ["LOCK TABLE tree_region IN ROW EXCLUSIVE MODE", "UPDATE trees SET lat = 1 WHERE id = 11"]
)
def test_another_job_that_does_not_end_is_told_in_a_sentence(changed_url: str, held: str) -> None:
    with connected(changed_url) as other, connected(changed_url) as connection:
        before = worlds.outputs(connection)
        with other.cursor() as cursor:
            cursor.execute(held)
            said = "writes to tree_region is already running" if "LOCK" in held else "holds rows or a table"
            with pytest.raises(AlreadyRunningError, match=f"{said}.*0.2 s.*changed nothing"):
                worlds.run(connection, lock_seconds=0.2)
        other.rollback()
        assert worlds.outputs(connection) == before


def test_a_statement_that_takes_too_long_is_told_in_a_sentence(upgraded_url: str) -> None:
    with connected(upgraded_url) as other, connected(upgraded_url) as connection, other.cursor() as cursor:
        cursor.execute("LOCK TABLE trees")
        with pytest.raises(TooSlowError, match=r"statement_seconds \(0.2 s\).*changed nothing"):
            worlds.run(connection, statement_seconds=0.2)


@pytest.mark.parametrize("table", ["tree_region", "active_tree_region", "clusters"])
def test_a_result_that_was_truncated_is_made_again(upgraded_url: str, table: str) -> None:
    expected = changed_world.expected(upgraded_url)
    with connected(upgraded_url) as connection:
        worlds.run(connection)
        worlds.run_statements(connection, f"TRUNCATE {table}")
        assert changed_world.result(connection) != expected
        worlds.run(connection)
        assert changed_world.result(connection) == expected


def test_rows_that_somebody_else_has_put_into_the_view_are_replaced(upgraded_url: str) -> None:
    expected = changed_world.expected(upgraded_url)
    with connected(upgraded_url) as connection:
        # The numbers that the next rows of tree_region will have.
        worlds.run_statements(
            connection,
            "INSERT INTO active_tree_region (id, zoom_level)"
            " SELECT last_value + number, 3 FROM tree_region_id_seq, generate_series(1, 100) AS number",
        )
        worlds.run(connection)
        assert changed_world.result(connection) == expected


@contextmanager
def _small_disk(cluster: Cluster, folder: Path) -> Iterator[str]:
    """Give a tablespace on a file system of 8 MB; skip where none may be mounted."""
    owner = cluster.data.stat()
    options = f"size=8m,mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a full disk needs the right to mount a tmpfs")
    try:
        with connected(cluster.url(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLESPACE small LOCATION %s", (str(folder),))
        yield "small"
        with connected(cluster.url(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


MANY_TREES = (
    "INSERT INTO trees (id, estimated_geometric_location)"
    " SELECT 100 + number, ST_SetSRID(ST_MakePoint(number % 60 / 300.0, number / 60 / 500.0), 4326)"
    " FROM generate_series(1, 3000) AS number"
)


@pytest.mark.parametrize("table", ["tree_region", "active_tree_region", "tree_clusters_cell"])
def test_a_run_that_meets_a_full_disk_is_completed_by_the_next(postgres: Cluster, table: str) -> None:
    # Below /var/tmp: the server's account cannot look into pytest's folders.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        disk = Path(folder) / "disk"
        disk.mkdir()
        with _small_disk(postgres, disk) as space:
            for url in changed_world.world(postgres, upgraded=True):
                with connected(url) as connection:
                    worlds.run_statements(connection, MANY_TREES)
                whole = create_database(postgres.url(), "safety_whole", template="safety")
                with connected(whole) as connection:
                    worlds.run(connection)
                    expected = changed_world.result(connection)
                drop_database(postgres.url(), "safety_whole")
                with connected(url) as connection:
                    worlds.run_statements(connection, f"ALTER TABLE {table} SET TABLESPACE {space}")
                    ballast = disk / "ballast"
                    with pytest.raises(OSError, match="No space left"), ballast.open("wb") as file:
                        while True:
                            file.write(bytes(4096))
                            file.flush()
                    with pytest.raises(psycopg2.errors.DiskFull):
                        worlds.run(connection)
                    assert changed_world.result(connection) != expected
                    ballast.unlink()
                    worlds.run(connection)
                    assert changed_world.result(connection) == expected
