"""What `replant diff` shows while it works: a bar with what is left on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress:
    """Watches a comparison; a context manager. Writes to stderr."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._bar: Bar | None = None
        self._before = 0
        self._estimate = 0

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                TextColumn("left:"),
                TimeRemainingColumn(elapsed_when_finished=True),
                console=self._console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("connecting", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, number: int, count: int, table: str, estimate: int, total: int) -> None:
        """Say which table comes: its number, its estimated rows, and those of all tables."""
        if self._quiet:
            return
        rows = f", about {estimate:,} rows" if estimate else ""
        what = f"[{number}/{count}] {table}{rows}"
        if self._bar is None:
            print(what, file=sys.stderr, flush=True)
            return
        self._before += self._estimate
        self._estimate = estimate
        self._bar.update(self._task, description=what, total=max(total, 1), completed=self._before)

    def advance(self, share: float) -> None:
        """Say how much of the table is done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=self._before + self._estimate * share)
