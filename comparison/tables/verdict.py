"""The word for a whole comparison, and the exit code that goes with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from comparison.tables.databases import DatabaseDifference, TableResult
from pipelines.errors import CannotProceedError

Word = Literal["identical", "different", "not comparable"]
EXIT_CODES: dict[Word, int] = {"identical": 0, "different": 1, "not comparable": 2}


@dataclass(frozen=True)
class Threshold:
    """How many rows of a table may differ before the exit code says so."""

    amount: float = 0.0
    is_share: bool = False
    """Whether the amount is a share of the larger side's rows, 0 to 1."""

    def exceeded(self, result: TableResult) -> bool:
        """Say whether a table differs by more. Columns and tables that one side lacks always count."""
        found = result.difference
        if found is None:
            return result.only_on is not None
        rows = max(found.rows_left, found.rows_right, 1)
        return bool(found.schema) or found.rows > (self.amount * rows if self.is_share else self.amount)


def parse_threshold(text: str) -> Threshold:
    """Read 100 or 0.5%.

    Raises CannotProceedError if it is neither.
    """
    found = re.fullmatch(r"(?P<amount>\d+(?:\.\d+)?)(?P<share>%?)", text.strip())
    if found is None:
        raise CannotProceedError(
            f"--threshold {text}: write a number of rows such as 100, or a share such as 0.5%."
        )
    amount = float(found["amount"])
    return Threshold(amount / 100, True) if found["share"] else Threshold(amount)


def judge(result: DatabaseDifference, threshold: Threshold) -> Word:
    """Judge all tables: a difference goes before a table that could not be compared."""
    if any(threshold.exceeded(table) for table in result.tables):
        return "different"
    if any(table.problem is not None for table in result.tables):
        return "not comparable"
    return "identical"
