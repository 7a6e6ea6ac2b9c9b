"""What LEFT and RIGHT of the command line mean: a URL, a service's name or a file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from comparison.tables.databases import DatabaseDifference, DiffOptions, Watcher, compare_databases
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask


def compare_places(left: str, right: str, options: DiffOptions, watcher: Watcher) -> DatabaseDifference:
    """Compare two sides, whatever they are.

    Raises CannotProceedError if a side is nothing that can be read.
    """
    urls = postgres_url(left), postgres_url(right)
    if urls[0] is not None and urls[1] is not None:
        return compare_databases(urls[0], urls[1], options, watcher)
    from comparison.tables.files.compare import compare_readers
    from comparison.tables.files.readers import open_reader

    timeout = options.statement_timeout_seconds
    with (
        open_reader("left", left, urls[0], timeout) as first,
        open_reader("right", right, urls[1], timeout) as second,
    ):
        return compare_readers(first, second, options, watcher)


def postgres_url(place: str) -> str | None:
    """Give the URL of a PostgreSQL database; None for a file.

    Raises CannotProceedError on a URL of something else.
    """
    scheme, separator, _rest = place.partition("://")
    if separator:
        if scheme.partition("+")[0] in ("postgresql", "postgres"):
            return place
        if scheme in ("duckdb", "sqlite", "file"):
            return None
        raise CannotProceedError(
            f"{mask(place)}: {scheme} is not read. Give a PostgreSQL URL, a service name, or a DuckDB, "
            "SQLite, CSV or Parquet file."
        )
    if Path(place).suffix or "/" in place or Path(place).exists():
        return None
    return f"postgresql:///?service={quote(place, safe='')}"
