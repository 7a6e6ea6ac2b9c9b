"""What a comparison of rows gives: frozen records that cross the door to the reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.errors import CannotProceedError

SampleKind = Literal["changed", "missing", "extra"]
Strategy = Literal["join", "streams", "multiset", "files"]


class KeyNotUniqueError(CannotProceedError):
    """The key that rows were to be matched by does not identify them. Carries examples."""

    def __init__(self, table: str, key: tuple[str, ...], side: str, examples: tuple[tuple[str, int], ...]):
        self.table = table
        self.key = key
        self.side = side
        self.examples = examples
        shown = ", ".join(f"({values}) {count} times" for values, count in examples)
        super().__init__(
            f"{table}: the key ({', '.join(key)}) is not unique on the {side} side: {shown}. "
            "Rows cannot be matched by it. Name other columns, or none, to compare the rows as a multiset."
        )


@dataclass(frozen=True)
class ColumnDifference:
    """How often one column differs among the rows that both sides have."""

    name: str
    changed: int
    share: float
    """Of the rows with the same key on both sides; 0 to 1."""


@dataclass(frozen=True)
class Sample:
    """One difference: a cell that changed, or a row that only one side has."""

    kind: SampleKind
    """`changed`, `missing` (only left) or `extra` (only right)."""
    key: tuple[str | None, ...] | None
    """The key's values as text; None for a multiset."""
    column: str | None
    """The column of a changed cell; None for a whole row."""
    old: Any
    """The left value as text, or the left row as a dictionary; None where only the right side has the row."""
    new: Any


@dataclass(frozen=True)
class SchemaDifference:
    """A column that the two sides do not have alike."""

    column: str
    left_type: str | None
    """None where the side lacks the column."""
    right_type: str | None


@dataclass(frozen=True)
class OutputDifference:
    """How the right rows differ from the left ones."""

    name: str
    key: tuple[str, ...]
    rows_left: int
    rows_right: int
    changed: int | None
    """Rows with the same key that differ; None for a multiset."""
    missing: int
    """Rows that only the left side has."""
    extra: int
    """Rows that only the right side has."""
    columns: tuple[ColumnDifference, ...] = ()
    """Every column compared; empty for a multiset."""
    samples: tuple[Sample, ...] = ()
    """The worst first, of each kind at most the limit."""
    strategy: Strategy = "streams"
    reason: str = ""
    """Why this way of comparing was taken."""
    schema: tuple[SchemaDifference, ...] = ()
    notes: tuple[str, ...] = ()
    """What was not compared, or compared otherwise than by the type's own `=`; one sentence each."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def rows(self) -> int:
        """Rows that differ in any way."""
        return (self.changed or 0) + self.missing + self.extra

    @property
    def identical(self) -> bool:
        """Whether no row differs; the schema may all the same."""
        return self.rows == 0
