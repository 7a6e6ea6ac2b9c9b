"""What one recording has seen so far: the open DAGs and groups, the tasks, the doubts."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType
from typing import Any


@dataclass(frozen=True)
class Spot:
    """A call in a file of the author's: lines count from 1, columns from 0."""

    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    calls: tuple[tuple[str, int], ...] = ()
    """The author's frames around the call, innermost first: (file, line)."""

    def as_json(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "file": self.file,
            "line": self.line,
            "end_line": self.end_line,
            "column": self.column,
            "end_column": self.end_column,
            "calls": [list(call) for call in self.calls],
        }


@dataclass
class Ledger:
    """The account of one file's recording."""

    roots: tuple[str, ...]
    """Folders whose files are the author's."""
    variables: dict[str, Any] | None = None
    connections: dict[str, Any] | None = None
    dags: list[Any] = field(default_factory=list)
    open_dags: list[Any] = field(default_factory=list)
    open_groups: list[Any] = field(default_factory=list)
    open_scopes: list[Any] = field(default_factory=list)
    """Setup and teardown blocks."""
    pending_defaults: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)
    """Where a symbolic value decided something that the recording cannot know."""
    missing: set[str] = field(default_factory=set)
    """Modules that were not there and were stubbed."""
    names_read: set[tuple[str, str]] = field(default_factory=set)
    """Variables and Connections that were asked for: (kind, name)."""

    def doubt(self, what: str) -> None:
        """Note that the recording had to guess here."""
        spot = here()
        note = {"line": spot.line, "file": spot.file, "what": what}
        if note not in self.doubts:
            self.doubts.append(note)


_CURRENT: ContextVar[Ledger] = ContextVar("ledger")


def opened(ledger: Ledger) -> None:
    """Make this the ledger of the process."""
    _CURRENT.set(ledger)
    # threads that the author's file starts see it too
    sys.modules[__name__].__dict__["_FALLBACK"] = ledger


def current() -> Ledger:
    """Give the ledger of the process."""
    found = _CURRENT.get(None)
    if found is None:
        found = sys.modules[__name__].__dict__["_FALLBACK"]
    return found


def asked_by_author() -> bool:
    """Say whether the nearest frame that is not the stand-in's or Python's own is one of the author's."""
    frame: FrameType | None = sys._getframe(1)
    own = __file__.rpartition("/")[0]
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(("<frozen", own)):
            return file.startswith(current().roots)
        frame = frame.f_back
    return False


def here() -> Spot:
    """Give the innermost call that stands in one of the author's files."""
    roots = current().roots
    frame: FrameType | None = sys._getframe(1)
    calls: list[tuple[str, int]] = []
    first: FrameType | None = None
    while frame is not None:
        if frame.f_code.co_filename.startswith(roots):
            first = first or frame
            calls.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    if first is None:
        return Spot("", 0, 0, 0, 0)
    positions = list(first.f_code.co_positions())
    line, end_line, column, end_column = positions[first.f_lasti // 2]
    return Spot(
        first.f_code.co_filename,
        line or first.f_lineno,
        end_line or first.f_lineno,
        column or 0,
        end_column or 0,
        tuple(calls),
    )
