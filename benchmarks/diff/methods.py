"""One way of comparing two tables, run as a process of its own: `python methods.py NAME LEFT RIGHT`.

The two URLs come by the environment, LEFT_URL and RIGHT_URL. Prints what it found, as JSON: changed, missing,
extra, or null where the method does not say. Runs in the environment of the method, so it imports only that.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

LEFT_URL, RIGHT_URL = os.environ["LEFT_URL"], os.environ["RIGHT_URL"]
COLUMNS = ("name", "amount", "planted", "doc", "raw")
Found = dict[str, Any]


def bare_join(left: str, right: str) -> Found:
    """The query that an in-database join comes down to: counts, column by column."""
    import psycopg2

    counts = ", ".join(f"count(*) FILTER (WHERE l.{name} IS DISTINCT FROM r.{name})" for name in COLUMNS)
    with psycopg2.connect(LEFT_URL) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE r.id IS NULL), count(*) FILTER (WHERE l.id IS NULL), "
            f"{counts} FROM {left} l FULL JOIN {right} r ON l.id = r.id"
        )
        row = cursor.fetchone()
    assert row is not None
    return {"changed": sum(row[2:]) - len(COLUMNS) * (row[0] + row[1]), "missing": row[0], "extra": row[1]}


def bare_copy(left: str, right: str) -> Found:
    """Both tables out, and nothing done with them."""
    import psycopg2

    with Path(os.devnull).open("w") as sink:
        for url, table in ((LEFT_URL, left), (RIGHT_URL, right)):
            with psycopg2.connect(url) as connection, connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {table} TO STDOUT", sink)
    return {"changed": None, "missing": None, "extra": None}


def except_all(left: str, right: str) -> Found:
    """EXCEPT ALL both ways: rows, unpaired."""
    import psycopg2

    with psycopg2.connect(LEFT_URL) as connection, connection.cursor() as cursor:
        counts = []
        for one, other in ((left, right), (right, left)):
            cursor.execute(f"SELECT count(*) FROM (SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}) q")
            row = cursor.fetchone()
            assert row is not None
            counts.append(row[0])
    return {"changed": None, "missing": counts[0], "extra": counts[1]}


def duckdb_scanner(left: str, right: str) -> Found:
    """DuckDB reads both tables from the server and joins them."""
    import duckdb

    connection = duckdb.connect()
    try:
        connection.execute("INSTALL postgres")
        connection.execute("LOAD postgres")
    except duckdb.Error:
        raise SystemExit("DuckDB's postgres extension could not be downloaded on this machine") from None
    connection.execute(f"ATTACH '{LEFT_URL}' AS a (TYPE postgres, READ_ONLY)")
    connection.execute(f"ATTACH '{RIGHT_URL}' AS b (TYPE postgres, READ_ONLY)")
    tests = " OR ".join(f"l.{name} IS DISTINCT FROM r.{name}" for name in COLUMNS)
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE l.id = r.id), count(*) FILTER (WHERE r.id IS NULL), "
        "count(*) FILTER (WHERE l.id IS NULL) "
        f"FROM a.public.{left} l FULL JOIN b.public.{right} r ON l.id = r.id "
        f"WHERE l.id IS NULL OR r.id IS NULL OR {tests}"
    ).fetchone()
    assert row is not None
    return dict(zip(("changed", "missing", "extra"), row, strict=True))


def reladiff(left: str, right: str) -> Found:
    """reladiff: joindiff where both tables are in one database, hashdiff otherwise."""
    import reladiff as library

    tables = [
        library.connect_to_table(url, table, "id", extra_columns=COLUMNS)
        for url, table in ((LEFT_URL, left), (RIGHT_URL, right))
    ]
    algorithm = library.Algorithm.JOINDIFF if LEFT_URL == RIGHT_URL else library.Algorithm.HASHDIFF
    signs: dict[str, set[str]] = {"-": set(), "+": set()}
    for sign, row in library.diff_tables(*tables, algorithm=algorithm):
        signs[sign].add(row[0])
    both = signs["-"] & signs["+"]
    return {"changed": len(both), "missing": len(signs["-"] - both), "extra": len(signs["+"] - both)}


def datacompy_pandas(left: str, right: str) -> Found:
    """datacompy on pandas."""
    import datacompy
    import pandas
    import sqlalchemy

    frames = [
        pandas.read_sql_table(
            table, sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))
        )
        for url, table in ((LEFT_URL, left), (RIGHT_URL, right))
    ]
    kind = getattr(datacompy, "PandasCompare", None) or datacompy.Compare
    return _datacompy(kind(*frames, join_columns="id"))


def datacompy_polars(left: str, right: str) -> Found:
    """datacompy on polars."""
    import datacompy
    import polars

    frames = [
        polars.read_database_uri(f"SELECT * FROM {table}", url, engine="connectorx")
        for url, table in ((LEFT_URL, left), (RIGHT_URL, right))
    ]
    return _datacompy(datacompy.PolarsCompare(*frames, join_columns=["id"]))


def _datacompy(compared: Any) -> Found:
    common = len(compared.intersect_rows)
    return {
        "changed": int(common - compared.count_matching_rows()),
        "missing": len(compared.df1_unq_rows),
        "extra": len(compared.df2_unq_rows),
    }


METHODS: dict[str, Callable[[str, str], Found]] = {
    made.__name__: made
    for made in (
        bare_join,
        bare_copy,
        except_all,
        duckdb_scanner,
        reladiff,
        datacompy_pandas,
        datacompy_polars,
    )
}

if __name__ == "__main__":
    print(json.dumps(METHODS[sys.argv[1]](sys.argv[2], sys.argv[3])))
