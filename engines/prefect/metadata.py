"""The Prefect server's own database: saved with a report, loaded again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from engines.places import CACHE
from engines.postgres import find_binaries
from engines.snapshot import libpq_environment
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

# Blocks hold secrets, and the configuration the key to them; the server makes another key.
NEVER_SAVED = ("block_document", "block_document_reference", "configuration")


def dump(url: str, target: Path, left_out: Sequence[str] = NEVER_SAVED) -> None:
    """Write a database to a plain SQL file of mode 0600, without the rows of the tables `left_out`.

    Raises CannotProceedError if pg_dump is missing or refuses.
    """
    target.touch(mode=0o600)
    without = [f"--exclude-table-data={table}" for table in left_out]
    _call(["pg_dump", "--no-owner", "--no-privileges", *without, "-f", str(target)], url)


def load(url: str, source: Path) -> None:
    """Fill an empty database from a file that `dump` wrote.

    Raises CannotProceedError if psql is missing or a statement fails.
    """
    _call(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(source)], url)


def load_kept_schema(url: str) -> bool:
    """Fill an empty database with a fresh server's tables as they were kept; False if none are kept.

    Saves the server more than a hundred migrations; it still looks whether any is missing.
    """
    kept = _kept_schema()
    if not kept.exists():
        return False
    load(url, kept)
    return True


def keep_schema(url: str) -> None:
    """Keep a fresh server's tables for the next start, per version of Prefect."""
    kept = _kept_schema()
    kept.parent.mkdir(parents=True, exist_ok=True)
    making = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        dump(url, making)
        making.rename(kept)
    except CannotProceedError:
        making.unlink(missing_ok=True)  # a newer server than our pg_dump: keeping it only saves time


def _kept_schema() -> Path:
    parts = "-".join(version(name) for name in ("prefect", "prefect-sqlalchemy", "prefect-slack"))
    return CACHE / "prefect" / f"metadata-{parts}.sql"


def _call(arguments: Sequence[str], url: str) -> None:
    binaries = find_binaries()
    done = subprocess.run(
        [str(binaries.bindir / arguments[0]), *arguments[1:]],
        env=binaries.env() | libpq_environment(url),
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise CannotProceedError(f"{arguments[0]} failed on {mask(url)}: {mask(done.stderr.strip())[-600:]}")
