"""Connections by the names that Airflow gives them: SqlAlchemyConnector blocks of the mapped name."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def block_name(name: str) -> str:
    """Give the Prefect block's name for a Connection's id."""
    return re.sub(r"[^a-z0-9-]", "-", name.lower())


class BaseHook:
    """Gives Connections."""

    @staticmethod
    def get_connection(conn_id: str) -> Any:
        """Give host, port, login, password, schema and URI of a Connection."""
        url = _engine(conn_id).url
        return SimpleNamespace(
            conn_id=conn_id,
            conn_type=url.get_backend_name(),
            host=url.host,
            port=url.port,
            login=url.username,
            password=url.password,
            schema=url.database,
            extra_dejson=dict(url.query),
            get_uri=lambda: url.render_as_string(hide_password=False),
        )


def _engine(conn_id: str) -> Any:
    from prefect_sqlalchemy import SqlAlchemyConnector  # only where a database is used

    return SqlAlchemyConnector.load(block_name(conn_id)).get_engine()


class PostgresHook(BaseHook):
    """The common methods of Airflow's hook, over the SqlAlchemyConnector block of the same name.

    `database`, or `schema` as it was called first, is another database of that server.
    """

    conn_name_attr = "postgres_conn_id"

    def __init__(
        self, postgres_conn_id: str = "postgres_default", *_: Any, database: str | None = None,
        schema: str | None = None, connection: Any = None, options: str | None = None, **__: Any,
    ) -> None:  # fmt: skip
        if connection is not None or options is not None:
            raise TypeError("a hook takes its connection and its options from the block")
        self.connection_id = postgres_conn_id
        self.database = database or schema
        self.log = logging.getLogger(type(self).__name__)

    def get_conn(self) -> Any:
        """Give a DB-API connection, which the caller closes."""
        return self.get_sqlalchemy_engine().raw_connection().driver_connection

    def get_sqlalchemy_engine(self, *_: Any, **__: Any) -> Any:
        """Give an engine."""
        from sqlalchemy import create_engine  # only where a database is used

        engine = _engine(self.connection_id)
        return create_engine(engine.url.set(database=self.database)) if self.database else engine

    def get_uri(self) -> str:
        """Give the database's address, password included."""
        url = self.get_sqlalchemy_engine().url.set(drivername="postgresql")
        return str(url.render_as_string(hide_password=False))

    def run(self, sql: Any, autocommit: bool = False, parameters: Any = None, handler: Any = None) -> Any:
        """Run one statement or several; give what the handler makes of the last cursor.

        In one transaction, or with `autocommit` each for itself.
        """
        result = None
        engine = self.get_sqlalchemy_engine()
        engine = engine.execution_options(isolation_level="AUTOCOMMIT") if autocommit else engine
        with engine.begin() as connection:
            for statement in [sql] if isinstance(sql, str) else list(sql):
                cursor = connection.connection.cursor()
                cursor.execute(statement, parameters or None)
                result = handler(cursor) if handler else None
        return result

    def get_records(self, sql: Any, parameters: Any = None) -> Any:
        """Give all rows."""
        return self.run(sql, parameters=parameters, handler=lambda cursor: cursor.fetchall())

    def get_first(self, sql: Any, parameters: Any = None) -> Any:
        """Give the first row."""
        return self.run(sql, parameters=parameters, handler=lambda cursor: cursor.fetchone())

    def get_pandas_df(self, sql: str, parameters: Any = None, **_: Any) -> Any:
        """Give a pandas DataFrame."""
        import pandas  # only where it is used

        return pandas.read_sql(sql, self.get_sqlalchemy_engine(), params=parameters)

    get_df = get_pandas_df

    def insert_rows(
        self, table: str, rows: Iterable[Any], target_fields: Iterable[str] | None = None,
        commit_every: int = 1000,
    ) -> None:  # fmt: skip
        """Insert rows; a transaction for every so many."""
        fields = f" ({', '.join(target_fields)})" if target_fields else ""
        engine, waiting = self.get_sqlalchemy_engine(), iter(rows)
        while some := list(islice(waiting, commit_every or None)):
            with engine.begin() as connection:
                for row in some:
                    signs = ", ".join(["%s"] * len(row))
                    statement = f"INSERT INTO {table}{fields} VALUES ({signs})"  # noqa: S608 - the author's
                    connection.connection.cursor().execute(statement, tuple(row))

    def copy_expert(self, sql: str, filename: str) -> None:
        """Run a COPY from or to a file, which is made if it is not there."""
        Path(filename).touch()
        with Path(filename).open("r+") as file, self.get_sqlalchemy_engine().begin() as connection:
            connection.connection.cursor().copy_expert(sql, file)
            file.truncate(file.tell())

    def bulk_load(self, table: str, tmp_file: str) -> None:
        """Copy a file with tabs into a table."""
        self.copy_expert(f"COPY {table} FROM STDIN DELIMITER E'\t'", tmp_file)

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        """Copy a table into a file with tabs."""
        self.copy_expert(f"COPY {table} TO STDOUT DELIMITER E'\t'", tmp_file)
