"""Whether a database is fit for the pipeline, and how an empty one becomes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import make_url

from pipelines.errors import CannotProceedError
from pipelines.secrets import mask
from pipelines.tree_clusters.statements import HERE, Connection, Cursor, only_row

COLUMNS = {
    "region_type": ("id", "type"),
    "region": ("id", "type_id", "geom", "centroid"),
    "region_zoom": ("region_id", "zoom_level", "priority"),
    "trees": ("id", "estimated_geometric_location", "active", "cluster_regions_assigned"),
    "tree_region": ("id", "tree_id", "zoom_level", "region_id"),
    "active_tree_region": ("id", "region_id", "centroid", "type_id", "zoom_level"),
    "clusters": ("count", "zoom_level", "location"),
}
"""What the pipeline needs of each table; more columns do no harm."""
TABLES = tuple(name for name in COLUMNS if name != "active_tree_region")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Give a connection that is closed afterwards; nothing is committed by itself.

    Raises CannotProceedError if the server cannot be reached.
    """
    try:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg2.connect(plain, connect_timeout=10, application_name="replant")
    except (psycopg2.OperationalError, ValueError, LookupError) as error:
        raise CannotProceedError(
            f"Cannot connect to {mask(url)}: {mask(str(error)).strip()}. "
            "Check the URL and that the server runs."
        ) from None
    with closing(connection):
        yield connection


def prepare_empty(cursor: Cursor) -> None:
    """Create the schema, unless it is there and holds nothing yet.

    Raises CannotProceedError if a table holds rows, or if only some of the tables exist.
    """
    _need_postgis(cursor, create=True)
    there = _columns(cursor)
    existing = [name for name in COLUMNS if name in there]
    if not existing:
        cursor.execute((HERE / "schema.sql").read_text())
        cursor.execute((HERE / "schema_indexes.sql").read_text())
        return
    for name in existing:
        cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name)))
        if only_row(cursor)[0]:
            raise CannotProceedError(
                f"The table {name} holds rows. A sample only goes into an empty database: "
                "make one with `createdb NAME` and give its URL."
            )
    _need_columns(there)


def check_treetracker(url: str) -> None:
    """Check that the pipeline can run on an existing treetracker database; it is only read.

    Raises CannotProceedError that names what is missing.
    """
    with connected(url) as connection, connection.cursor() as cursor:
        _need_postgis(cursor, create=False)
        _need_columns(_columns(cursor))
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_index WHERE indisunique AND indpred IS NULL AND indisvalid"
            " AND indrelid = to_regclass('active_tree_region'))"
        )
        if not only_row(cursor)[0]:
            raise CannotProceedError(
                "active_tree_region has no unique index, which refreshing it without locking its readers "
                "needs. Create one: CREATE UNIQUE INDEX ON active_tree_region (id)."
            )


def _need_postgis(cursor: Cursor, *, create: bool) -> None:
    cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis')")
    if only_row(cursor)[0]:
        return
    if not create:
        raise CannotProceedError(
            "The database has no PostGIS, so it is no treetracker database. Check the database's name "
            "in the URL."
        )
    try:
        cursor.execute("CREATE EXTENSION postgis")
    except psycopg2.Error as error:
        raise CannotProceedError(
            f"PostGIS cannot be set up in this database: {str(error).strip().splitlines()[0]}. Install it on "
            "the server, or have an administrator run CREATE EXTENSION postgis there."
        ) from None


def _columns(cursor: Cursor) -> dict[str, set[str]]:
    """Give the columns of those tables and views that the search path finds, by name."""
    cursor.execute(
        "SELECT needed.name, attname FROM unnest(%s) AS needed (name)"
        " JOIN pg_attribute ON attrelid = to_regclass(quote_ident(needed.name))"
        " WHERE attnum > 0 AND NOT attisdropped",
        (list(COLUMNS),),
    )
    found: dict[str, set[str]] = {}
    for table, column in cursor.fetchall():
        found.setdefault(table, set()).add(column)
    return found


def _need_columns(there: dict[str, set[str]]) -> None:
    missing = [
        f"table {table}" if table not in there else f"{table}.{column}"
        for table, columns in COLUMNS.items()
        for column in (columns if table in there else columns[:1])
        if column not in there.get(table, ())
    ]
    if missing:
        raise CannotProceedError(
            f"This is not a whole treetracker database: it lacks {', '.join(missing)}. Check the URL and its "
            "search path, or make a sample in an empty database with `replant sample tree_clusters`."
        )
