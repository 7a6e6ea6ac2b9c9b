"""The comparison as plain values: diff.json, and what --json prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from comparison.tables.databases import DatabaseDifference, TableResult
from comparison.tables.verdict import EXIT_CODES, Word

SCHEMA_VERSION = 1
"""Goes up when a field is taken away or changes its meaning."""


def as_json(result: DatabaseDifference, word: Word) -> dict[str, Any]:
    """Give the whole comparison as JSON takes it. Passwords are masked already."""
    return {
        "schema_version": SCHEMA_VERSION,
        "left": result.left,
        "right": result.right,
        "verdict": word,
        "exit_code": EXIT_CODES[word],
        "seconds": round(result.seconds, 3),
        "tables": [_table(table) for table in result.tables],
    }


def _table(table: TableResult) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": table.name,
        "result": table.word,
        "problem": table.problem,
        "only_on": table.only_on,
        "repeated_keys": [{"key": key, "times": times} for key, times in table.repeated_keys],
        "difference": None,
    }
    if table.difference is not None:
        difference = asdict(table.difference)
        del difference["name"]
        plain["difference"] = difference
    return plain
