"""Throw-away databases on a server: made from a template, hashed, dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import make_url

from pipelines.errors import CannotProceedError
from pipelines.secrets import mask


def libpq_url(url: str) -> str:
    """Give a SQLAlchemy URL as libpq writes it: without the driver's name."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def with_database(url: str, database: str) -> str:
    """Give the same URL for another database of the server."""
    return make_url(url).set(database=quote(database, safe="")).render_as_string(hide_password=False)


@contextmanager
def connected(url: str, *, autocommit: bool = False) -> Iterator[psycopg2.extensions.connection]:
    """Give a psycopg2 connection that is closed afterwards; nothing is committed by itself.

    Raises CannotProceedError if the server cannot be reached.
    """
    try:
        connection = psycopg2.connect(libpq_url(url), connect_timeout=10, application_name="replant")
    except psycopg2.OperationalError as error:
        raise CannotProceedError(
            f"Cannot connect to {mask(url)}: {mask(str(error)).strip()}. "
            "Check the URL and that the server runs."
        ) from None
    with closing(connection):
        connection.autocommit = autocommit
        yield connection


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Create a database, empty or as a copy of `template`; give its URL.

    Raises CannotProceedError if the role may not, or if somebody is connected to the template.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    with connected(server_url, autocommit=True) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except psycopg2.Error as error:
            raise CannotProceedError(
                f"Cannot create the throw-away database {name} on {mask(server_url)}: {str(error).strip()}. "
                "The role needs CREATEDB, the disk needs room for a copy, and nobody may be connected "
                f"to {template or 'the template'}."
            ) from None
    return with_database(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    """Drop a database if it is there, ending the sessions in it."""
    with connected(server_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def throw_away(server_url: str, name: str, template: str | None = None) -> Iterator[str]:
    """Give the URL of a database that is dropped afterwards."""
    url = create_database(server_url, name, template)
    try:
        yield url
    finally:
        drop_database(server_url, name)


def input_hash(url: str, tables: tuple[str, ...]) -> str:
    """Hash the rows of `tables`, whatever their order: equal input, equal hash.

    Each table gives its number of rows and the sum of its rows' 64-bit hashes.
    """
    digest = hashlib.sha256()
    with connected(url) as connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} t").format(
                    sql.Identifier(table)
                )
            )
            digest.update(f"{table}:{cursor.fetchone()};".encode())
    return digest.hexdigest()
