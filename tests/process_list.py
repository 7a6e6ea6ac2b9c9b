"""The command lines that every user of the machine can see. A minimal system has no `ps`."""

from __future__ import annotations

import contextlib
from pathlib import Path


def command_lines() -> list[str]:
    """Give the command line of every process, its arguments joined by blanks."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended while we looked
            found.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
    return found
