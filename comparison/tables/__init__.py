"""Differences between rows that can be trusted: by key or as multisets, by each type's own `=`."""

from comparison.tables.compare import compare_output
from comparison.tables.records import (
    ColumnDifference,
    KeyNotUniqueError,
    OutputDifference,
    Sample,
    SchemaDifference,
)

__all__ = [
    "ColumnDifference",
    "KeyNotUniqueError",
    "OutputDifference",
    "Sample",
    "SchemaDifference",
    "compare_output",
]
