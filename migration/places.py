"""Finds the DAG files below the files and folders that were given."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MARKS = (b"dag", b"airflow")
"""A file is taken for a DAG file if it has both words in it, as Airflow's safe mode does."""


@dataclass(frozen=True)
class Place:
    """A DAG file, and the folder that was given."""

    file: Path
    root: Path

    @property
    def name(self) -> str:
        """The path from the folder, with slashes."""
        return self.file.relative_to(self.root).as_posix()

    def roots(self) -> list[Path]:
        """Give the folders on the file's import path: its own first, up to the one that was given."""
        found = [self.file.parent]
        while found[-1] != self.root and found[-1] != found[-1].parent:
            found.append(found[-1].parent)
        return found + [one / "plugins" for one in found if (one / "plugins").is_dir()]


def places(paths: Sequence[Path], without: Path | None = None) -> list[Place]:
    """Find the DAG files below the given files and folders, but not below `without`.

    A file that cannot be read is one of them: it must turn up in the report.
    """
    found: dict[Path, Place] = {}
    own = {without.resolve(), without.resolve() / "flows"} if without is not None else set()
    for path in paths:
        root = path.resolve()
        if root.is_file():
            found.setdefault(root, Place(root, root.parent))
            continue
        for file in sorted(_files(root, own)):
            if _is_candidate(file):
                found.setdefault(_real(file), Place(file, root))
    return list(found.values())


def links_out(paths: Sequence[Path]) -> list[Path]:
    """Give the links to folders that lead out of what was given; they are not followed."""
    return [
        Path(folder) / name
        for path in paths
        for folder, names, _ in os.walk(path.resolve())
        for name in names
        if (Path(folder) / name).is_symlink()
        and not _real(Path(folder) / name).is_relative_to(path.resolve())
    ]


def _files(root: Path, own: set[Path]) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        here = Path(folder)
        names[:] = [
            name
            for name in names
            if not name.startswith(".") and name != "__pycache__" and here / name not in own
        ]
        yield from (here / name for name in files if name.endswith(".py") and not name.startswith("."))


def _real(path: Path) -> Path:
    """Give where a path leads; a link to itself leads nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _is_candidate(file: Path) -> bool:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return False  # a pipe would never end
        text = file.read_bytes().lower()
    except OSError:
        return True  # whoever reads it next says why it cannot be read
    return all(mark in text for mark in MARKS)
