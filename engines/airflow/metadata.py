"""Airflow's own database: made, migrated, saved, restored, dropped."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from airflow_client.cli import AirflowCli, AirflowInstallation
from engines.databases import libpq_url
from engines.places import CACHE
from engines.postgres import Binaries, find_binaries
from engines.service import Service
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

DUMP_OPTIONS = ("--no-owner", "--no-privileges")
# Connections and Variables hold secrets, and the key of those is gone with the session.
NEVER_SAVED = ("--exclude-table-data=connection", "--exclude-table-data=variable")


def migrate(
    cli: AirflowCli, env: dict[str, str], installation: AirflowInstallation, metadata_url: str, log: Path
) -> None:
    """Make Airflow's tables in an empty database.

    `airflow db migrate` takes 8-12 s; its result is kept as a dump in the cache, per version of Airflow and
    of its packages, and loaded in 1 s from then on. Without a fitting pg_dump every start migrates.

    Raises CannotProceedError, with the end of the log, if Airflow fails.
    """
    kept = _kept_schema(installation)
    if kept.exists():
        load(metadata_url, kept)
        return
    run_migrations(cli, env, log)
    kept.parent.mkdir(parents=True, exist_ok=True)
    making = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        dump(metadata_url, making)
        making.rename(kept)
    except CannotProceedError as error:
        # Such as a server newer than our pg_dump. The dump only saves time: the log says why there is none.
        making.unlink(missing_ok=True)
        with log.open("a") as file:
            file.write(f"{error}\n")


def run_migrations(cli: AirflowCli, env: dict[str, str], log: Path) -> None:
    """Run `airflow db migrate`.

    Raises CannotProceedError, with the end of the log, if it fails or takes longer than 5 minutes.
    """
    with Service("airflow db migrate", cli.argv("db", "migrate"), log=log, env=env) as migrating:
        try:
            code = migrating.wait(300)
        except subprocess.TimeoutExpired:
            raise CannotProceedError(f"`airflow db migrate` did not end within 300 s; see {log}.") from None
    if code != 0:
        raise CannotProceedError(
            f"`airflow db migrate` failed with code {code}. Its log is {log}; "
            f"it ends with:\n{migrating.tail()}"
        )


def _kept_schema(installation: AirflowInstallation) -> Path:
    packages = repr(sorted(installation.packages.items())) + str(installation.python)
    digest = hashlib.sha256(packages.encode()).hexdigest()[:12]
    return CACHE / "airflow" / f"metadata-{installation.airflow_version}-{digest}.sql"


def dump(metadata_url: str, target: Path, options: Sequence[str] = ()) -> None:
    """Write the database to a plain SQL file of mode 0600.

    Raises CannotProceedError if pg_dump is missing or refuses.
    """
    binaries = find_binaries()
    target.touch(mode=0o600)
    _call(binaries, ["pg_dump", *DUMP_OPTIONS, *options, "-f", str(target)], metadata_url)


def load(metadata_url: str, source: Path) -> None:
    """Fill an empty database from a file that `dump` wrote.

    Raises CannotProceedError if psql is missing or a statement fails.
    """
    binaries = find_binaries()
    arguments = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(source)]
    _call(binaries, arguments, metadata_url)


def _call(binaries: Binaries, arguments: Sequence[str], url: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by its environment."""
    parts = make_url(libpq_url(url))
    query = {key: value for key, value in parts.query.items() if key != "password"}
    shown = URL.create("postgresql", parts.username, None, parts.host, parts.port, parts.database, query)
    password = parts.password or parts.query.get("password")
    env = binaries.env() | ({"PGPASSWORD": str(password)} if password else {})
    program = binaries.bindir / arguments[0]
    try:
        done = subprocess.run(
            [str(program), *arguments[1:], "-d", shown.render_as_string()],
            env=env,
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )
    except OSError as error:
        raise CannotProceedError(f"Cannot start {program}: {error.strerror}. Run `make setup`.") from None
    if done.returncode != 0:
        raise CannotProceedError(f"{arguments[0]} failed on {mask(url)}: {mask(done.stderr.strip())[-600:]}")
