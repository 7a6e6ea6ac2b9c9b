"""Shows how far the set-up is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

EVERY_SECONDS = 0.3
BAR_WIDTH = 28


class Progress:
    """A context manager: `say` prints a line; meanwhile a bar on stderr shows `done()` of `total()`."""

    def __init__(self, measure: Callable[[], tuple[int, int]]) -> None:
        self._measure = measure
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._terminal = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._draw_until_ended, daemon=True)

    def __enter__(self) -> Self:
        if self._terminal:
            self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._terminal:
            self._thread.join()

    @property
    def seconds(self) -> float:
        """The time since the beginning."""
        return time.monotonic() - self._started

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        with self._lock:
            sys.stderr.write(f"\r\x1b[K{line}\n" if self._terminal else f"{line}\n")
            sys.stderr.flush()

    def _draw_until_ended(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            line = bar(*self._measure(), self.seconds)
            with self._lock:
                sys.stderr.write(f"\r\x1b[K{line}")
                sys.stderr.flush()
        sys.stderr.write("\r\x1b[K")


def bar(done: int, total: int, seconds: float) -> str:
    """Give one line: a bar, the packages that are there, the time and, once it can be told, what is left."""
    share = min(done / total, 1.0) if total else 0.0
    filled = int(share * BAR_WIDTH)
    line = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done} of about {total} packages, {seconds:.0f} s"
    if 0.1 < share < 1:
        line += f", about {seconds * (1 - share) / share:.0f} s left"
    return line
