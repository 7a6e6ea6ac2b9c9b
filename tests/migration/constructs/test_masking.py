"""mask_secret: the text does not stand in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


class Kept(logging.Handler):
    """Keeps the records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def said() -> Iterator[list[logging.LogRecord]]:
    """Give what the author's logger says; records are made as before afterwards."""
    before, kept, logger = logging.getLogRecordFactory(), Kept(), logging.getLogger("of.the.author")
    logger.addHandler(kept)
    yield kept.records
    logger.removeHandler(kept)
    logging.setLogRecordFactory(before)


def test_what_stays(converted: Any, said: list[logging.LogRecord]) -> None:
    made = converted("""
        import logging
        from airflow.sdk import dag, task
        from airflow.sdk.log import mask_secret
        LOG = logging.getLogger("of.the.author")
        @dag(dag_id="d")
        def build():
            @task
            def work():
                LOG.warning("before %s", "hook/abcdef")
                mask_secret(["hook/abcdef", {"key": "another-one"}, "abc"])
                LOG.warning("after %s and %s", "hook/abcdef", 3)
                LOG.warning("another-one, abc, %d")
                try:
                    raise ValueError("at hook/abcdef")
                except ValueError:
                    LOG.exception("failed")
            work()
        build()
    """)
    assert made.dag.status == "converted" and made.note("mask_secret")[0] == "equivalent"
    assert made.run().state == "COMPLETED"
    assert [one.getMessage() for one in said[:3]] == [
        "before hook/abcdef", "after *** and 3", "***, abc, %d",
    ]  # fmt: skip
    assert "ValueError: at ***" in str(said[3].exc_text) and "hook/abcdef" not in str(said[3].exc_text)
