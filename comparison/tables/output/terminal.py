"""The comparison as a plain table on a terminal."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from comparison.tables.databases import DatabaseDifference, TableResult
from comparison.tables.output.shown import pair, short
from comparison.tables.records import OutputDifference, Sample
from comparison.tables.verdict import Word

SHOWN = 8
"""Samples of a table on the terminal; --out and --json have the rest."""
_UNKNOWN_WIDTH = 140


def show(result: DatabaseDifference, word: Word, out: TextIO) -> None:
    """Print the verdict, a line for each table, and for those that differ the columns and samples."""
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(file=out, highlight=False, markup=False, emoji=False, width=_UNKNOWN_WIDTH)
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("table", overflow="fold")
    grid.add_column("result")
    for name in ("rows left", "rows right", "changed", "missing", "extra"):
        grid.add_column(name, justify="right")
    grid.add_column("how")
    for table in result.tables:
        grid.add_row(*(Text(cell) for cell in _line(table)))
    console.print(grid)
    for table in result.tables:
        _show_table(console, table)
    console.print(f"\n{word} ({result.seconds:.1f} s)")


def _line(table: TableResult) -> tuple[str, ...]:
    found = table.difference
    if found is None:
        return (table.name, table.word, *("",) * 6)
    changed = "-" if found.changed is None else f"{found.changed:,}"
    numbers = (
        f"{found.rows_left:,}",
        f"{found.rows_right:,}",
        changed,
        f"{found.missing:,}",
        f"{found.extra:,}",
    )
    return (table.name, table.word, *numbers, found.strategy)


def _show_table(console: Console, table: TableResult) -> None:
    found = table.difference
    if found is None:
        if table.problem:
            console.print(f"\n{table.problem}", soft_wrap=True)
        return
    if not (found.rows or found.schema or found.notes):
        return
    console.print(f"\n{table.name}: by {found.strategy}, since {found.reason}", soft_wrap=True)
    for note in found.notes:
        console.print(f"  {note}", soft_wrap=True)
    for column in found.schema:
        console.print(
            f"  column {column.column}: {column.left_type or 'none'} on the left, "
            f"{column.right_type or 'none'} on the right",
            soft_wrap=True,
        )
    for name in (column for column in found.columns if column.changed):
        console.print(f"  {name.name}: {name.changed:,} differ ({name.share:.4%})", soft_wrap=True)
    _show_samples(console, found)


def _show_samples(console: Console, found: OutputDifference) -> None:
    kinds = ("changed", "missing", "extra")
    chosen = [[sample for sample in found.samples if sample.kind == kind][:SHOWN] for kind in kinds]
    for sample in (sample for samples in chosen for sample in samples):
        console.print(f"  {_sentence(found, sample)}", soft_wrap=True)
    left = len(found.samples) - sum(map(len, chosen))
    if left:
        console.print(f"  and {left} more samples; --out and --json have them")


def _sentence(found: OutputDifference, sample: Sample) -> str:
    if sample.kind != "changed":
        row = sample.old if sample.kind == "missing" else sample.new
        return f"{sample.kind}: {short(row)}"
    key = ", ".join(f"{name}={short(value)}" for name, value in zip(found.key, sample.key or (), strict=True))
    old, new = pair(sample.old, sample.new)
    return f"{key}: {sample.column} {old} -> {new}"
