"""The input: one database that is never run on, and an identical copy of it for each run."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psycopg2 import sql
from sqlalchemy.engine import make_url

from engines.databases import (
    connected,
    create_database,
    drop_database,
    input_hash,
    throw_away,
    with_database,
)
from engines.postgres import find_binaries
from pipelines.catalog import Pipeline
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

PREFIX = "replant_"


@dataclass(frozen=True)
class Snapshot:
    """A prepared input database on a server."""

    server_url: str = field(repr=False)
    name: str
    hash: str
    tables: Mapping[str, int]
    """Rows by input table."""
    source: str
    """Where the rows came from, in words."""

    @property
    def url(self) -> str:
        """The snapshot's own URL; nobody may be connected to it while it is copied."""
        return with_database(self.server_url, self.name)

    @contextmanager
    def clone(self, label: str) -> Iterator[str]:
        """Give the URL of an identical copy, dropped afterwards."""
        with throw_away(self.server_url, f"{self.name}_{label.replace('-', '_')}", self.name) as url:
            yield url


def session_name() -> str:
    """Give a prefix for the databases of one session: it says which process made them."""
    return f"{PREFIX}{os.getpid()}_{secrets.token_hex(3)}"


@contextmanager
def empty_database(server_url: str, name: str) -> Iterator[str]:
    """Give an empty throw-away database that says in its comment what it is."""
    with throw_away(server_url, name) as url:
        _say_what_it_is(server_url, name)
        yield url


def _say_what_it_is(server_url: str, name: str) -> None:
    words = f"replant: throw-away, made by process {os.getpid()} on {socket.gethostname()}"
    with connected(server_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(words))
        )


@contextmanager
def snapshot_of(
    server_url: str, pipeline: Pipeline, source: str, fill: Callable[[str], str | None]
) -> Iterator[Snapshot]:
    """Give a snapshot that `fill`, called with the URL of an empty database, puts rows into.

    What `fill` says of it, if anything, becomes part of the source's description.
    """
    name = session_name()
    with empty_database(server_url, name) as url:
        said = fill(url)
        yield take_snapshot(server_url, name, pipeline, f"{source}; {said}" if said else source)


@contextmanager
def snapshot_of_users_database(url: str, pipeline: Pipeline) -> Iterator[Snapshot]:
    """Give a snapshot that is a copy of a user's database, on the same server."""
    pipeline.check_database(url)
    name = session_name()
    try:
        copy_users_database(url, name)
        _say_what_it_is(url, name)
        yield take_snapshot(url, name, pipeline, f"a copy of {mask(url)}")
    finally:
        drop_database(url, name)


def sweep_server(server_url: str) -> list[str]:
    """Drop the databases that a killed replant on this machine left on a server; give their names."""
    left = []
    with connected(server_url) as connection, connection.cursor() as cursor:
        # Names end in a pid and random hex; the comment of the first of a session names the machine.
        cursor.execute(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname LIKE %s",
            (PREFIX.replace("_", r"\_") + "%",),
        )
        rows = cursor.fetchall()
    mine = {name for name, comment in rows if comment and comment.endswith(f" on {socket.gethostname()}")}
    for name, _comment in rows:
        pid = name.removeprefix(PREFIX).partition("_")[0]
        of_mine = any(name == own or name.startswith(f"{own}_") for own in mine)
        if of_mine and pid.isdigit() and not Path(f"/proc/{pid}").exists():
            drop_database(server_url, name)
            left.append(name)
    return left


def take_snapshot(server_url: str, name: str, pipeline: Pipeline, source: str) -> Snapshot:
    """Look at a filled database: count and hash its input."""
    url = with_database(server_url, name)
    tables = {}
    with connected(url) as connection, connection.cursor() as cursor:
        for table in pipeline.input_tables:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            row = cursor.fetchone()
            tables[table] = int(row[0]) if row else 0
    return Snapshot(server_url, name, input_hash(url, pipeline.input_tables), tables, source)


def copy_users_database(url: str, name: str) -> None:
    """Copy a user's database, which is only read, into the new database `name` on the same server.

    By CREATE DATABASE ... TEMPLATE where nobody is connected to it; otherwise by pg_dump and psql.

    Raises CannotProceedError if neither is possible.
    """
    source = make_url(url).database or ""
    if not _others_connected(url):
        create_database(url, name, source)
        return
    create_database(url, name)
    _dump_and_load(url, with_database(url, name))


def _others_connected(url: str) -> bool:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _dump_and_load(from_url: str, to_url: str) -> None:
    binaries = find_binaries()
    dump = subprocess.Popen(
        [str(binaries.bindir / "pg_dump"), "--no-owner", "--no-privileges"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=binaries.env() | libpq_environment(from_url),
    )
    load = subprocess.run(
        [str(binaries.bindir / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-X"],
        stdin=dump.stdout,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=binaries.env() | libpq_environment(to_url),
        check=False,
    )
    said = dump.communicate()[1]
    if dump.returncode or load.returncode:
        words = mask((said or load.stderr).decode(errors="replace")).strip()
        raise CannotProceedError(
            f"The database {mask(from_url)} could not be copied while others use it: {words} "
            "Close the other sessions, or give a copy of it."
        )


def libpq_environment(url: str) -> dict[str, str]:
    """Give a URL as libpq's environment variables, so that no password stands in a command line."""
    parts = make_url(url)
    values = {
        "PGHOST": parts.host,
        "PGPORT": str(parts.port) if parts.port else None,
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.database,
    }
    return {key: str(value) for key, value in values.items() if value}
