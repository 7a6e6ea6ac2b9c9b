"""The pipeline's database, from the block that holds its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2.extensions
from prefect_sqlalchemy import SqlAlchemyConnector


@contextmanager
def opened(block: str) -> Iterator[psycopg2.extensions.connection]:
    """Give a psycopg2 connection made with the `SqlAlchemyConnector` of this name; closed afterwards.

    The block is loaded where it is used, in the task: nothing of it becomes a parameter, and a
    parameter would be stored.

    Raises ValueError, by Prefect, if there is no such block, and TypeError if its driver is another one.
    """
    connector = SqlAlchemyConnector.load(block, _sync=True)
    with connector, closing(connector.get_engine().raw_connection()) as pooled:
        connection = pooled.driver_connection
        if not isinstance(connection, psycopg2.extensions.connection):
            raise TypeError(
                f"The steps speak psycopg2: the block {block} needs the driver postgresql+psycopg2."
            )
        yield connection
