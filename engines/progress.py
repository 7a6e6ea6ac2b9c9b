"""What a long command shows: a bar with what is left on a terminal, plain lines otherwise. On stderr."""

from __future__ import annotations

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Stages:
    """Tells the stages of a command as they come; a context manager."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True)
        self._total = total
        self._quiet = quiet
        self._done = 0
        self._bar: Progress | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._bar = Progress(
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                TextColumn("{task.fields[left]}"),
                console=self._console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total, left="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, what: str) -> None:
        """Say what is done now; the stage before it is over."""
        elapsed = time.monotonic() - self._began
        if self._bar is not None:
            left = (
                f"about {elapsed / self._done * (self._total - self._done):.0f} s left" if self._done else ""
            )
            self._bar.update(self._task, completed=self._done, description=what, left=left)
        elif not self._quiet:
            print(f"[{self._done + 1}/{self._total}] {what}", file=sys.stderr, flush=True)
        self._done = min(self._done + 1, self._total)

    def note(self, what: str) -> None:
        """Say something that stays on the screen."""
        if not self._quiet:
            self._console.print(what, highlight=False, markup=False, soft_wrap=True)
