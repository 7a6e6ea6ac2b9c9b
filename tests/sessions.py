"""What sessions of a PostgreSQL are doing."""

from __future__ import annotations

import time

from engines.databases import connected


def wait_for_a_waiting_session(url: str, seconds: float = 60) -> None:
    """Wait until a session of this database waits for a lock. Raises AssertionError if none does in time."""
    deadline = time.monotonic() + seconds
    with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.05)
    raise AssertionError("nothing waits for the lock")
