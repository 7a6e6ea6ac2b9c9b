"""A PostgreSQL of our own: private, on loopback, gone afterwards, alive again after a crash."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import psutil
import psycopg2
import pytest

from engines.databases import connected, create_database, drop_database, input_hash, throw_away
from engines.postgres import Cluster
from engines.snapshot import copy_users_database, empty_database, session_name, sweep_server
from pipelines.errors import CannotProceedError
from tests.process_list import command_lines


def _execute(url: str, statement: str) -> None:
    with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def _one(url: str, statement: str) -> object:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None


def test_nothing_is_left_of_a_cluster(tmp_path: Path) -> None:
    with Cluster(tmp_path, durable=False) as cluster:
        data, port = cluster.data, cluster.port
        tree = [process.pid for process in psutil.Process(cluster.pid).children(recursive=True)]
        assert tree
    assert not data.exists()
    assert not any(psutil.pid_exists(pid) for pid in tree)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_listens_on_loopback_alone_and_wants_the_password(postgres: Cluster) -> None:
    (postmaster,) = psutil.Process(postgres.pid).children()
    listening = [
        connection.laddr.ip
        for connection in postmaster.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(host="127.0.0.1", port=postgres.port, user="replant", password="", dbname="postgres")


def test_the_password_stands_in_no_command_line(postgres: Cluster) -> None:
    password = postgres.url().split(":")[2].partition("@")[0]
    lines = command_lines()
    assert any("postgres" in line for line in lines)
    assert not [line for line in lines if password in line]


def test_committed_rows_survive_a_crash_of_the_server(tmp_path: Path) -> None:
    with Cluster(tmp_path) as cluster:
        _execute(cluster.url(), "CREATE TABLE kept (n int)")
        _execute(cluster.url(), "INSERT INTO kept VALUES (1)")
        cluster.stop_abruptly()
        cluster.start_again()
        assert _one(cluster.url(), "SELECT n FROM kept") == 1


def test_input_hash_is_blind_to_order_and_sees_every_change(postgres: Cluster, database_url: str) -> None:
    _execute(
        database_url, "CREATE TABLE t (n int, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (2, 'b')"
    )
    before = input_hash(database_url, ("t",))
    _execute(database_url, "DELETE FROM t; INSERT INTO t VALUES (2, 'b'), (2, 'b'), (1, 'a')")
    assert input_hash(database_url, ("t",)) == before
    _execute(database_url, "UPDATE t SET v = 'A' WHERE n = 1")
    assert input_hash(database_url, ("t",)) != before


def test_a_throw_away_database_is_dropped_even_while_somebody_is_connected(postgres: Cluster) -> None:
    with throw_away(postgres.url(), "thrown") as url:
        left_open = psycopg2.connect(url.replace("+psycopg2", ""))
    assert _one(postgres.url(), "SELECT count(*) FROM pg_database WHERE datname = 'thrown'") == 0
    left_open.close()


def test_a_server_that_is_not_there_is_one_sentence_without_the_password() -> None:
    with pytest.raises(CannotProceedError) as raised, connected("postgresql://u:hunter2@127.0.0.1:1/d"):
        pass
    assert "Cannot connect" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_users_database_is_copied_while_nobody_uses_it_and_while_somebody_does(
    postgres: Cluster, database_url: str
) -> None:
    _execute(database_url, "CREATE TABLE mine (n int); INSERT INTO mine SELECT generate_series(1, 3)")
    copy_users_database(database_url, "copied_quiet")
    with connected(database_url) as somebody:
        somebody.cursor().execute("SELECT 1")
        copy_users_database(database_url, "copied_busy")
    for name in ("copied_quiet", "copied_busy"):
        assert _one(postgres.url(name), "SELECT sum(n) FROM mine") == 6
        drop_database(postgres.url(), name)


def test_what_a_killed_session_left_on_a_server_is_swept_and_nothing_else(postgres: Cluster) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    abandoned = f"replant_{dead.pid}_abcdef"
    with empty_database(postgres.url(), session_name() + "_snapshot") as living:
        create_database(postgres.url(), abandoned)
        comment = f"replant: throw-away, made by process {dead.pid} on {os.uname().nodename}"
        _execute(postgres.url(), f"COMMENT ON DATABASE {abandoned} IS '{comment}'")
        create_database(postgres.url(), f"{abandoned}_clone")
        create_database(postgres.url(), "replant_somebody_elses")
        swept = set(sweep_server(postgres.url()))  # more, if an earlier test had killed a run here
        assert {abandoned, f"{abandoned}_clone"} <= swept and "replant_somebody_elses" not in swept
        assert _one(living, "SELECT 1") == 1
        drop_database(postgres.url(), "replant_somebody_elses")
