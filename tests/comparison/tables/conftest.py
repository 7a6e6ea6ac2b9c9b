"""Two databases to compare, on one server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines.databases import connected, create_database, drop_database
from engines.postgres import Cluster


class Two:
    """A left and a right database, and a way to fill both."""

    def __init__(self, left: str, right: str) -> None:
        self.left = left
        self.right = right

    def both(self, statements: str) -> None:
        """Run the statements on both sides."""
        run(self.left, statements)
        run(self.right, statements)

    def only_left(self, statements: str) -> None:
        """Run the statements on the left."""
        run(self.left, statements)

    def only_right(self, statements: str) -> None:
        """Run the statements on the right."""
        run(self.right, statements)


def run(url: str, statements: str) -> None:
    """Run statements and commit."""
    with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statements)


@pytest.fixture
def two(postgres: Cluster, database_url: str) -> Iterator[Two]:
    """Two empty databases with PostGIS."""
    name = database_url.rpartition("/")[2] + "_right"
    yield Two(database_url, create_database(postgres.url(), name, template="postgis"))
    drop_database(postgres.url(), name)
