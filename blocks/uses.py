"""Which Variables and Connections DAG files read, found by reading them, not by running them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blocks.jinja_uses import template_reads
from blocks.python_uses import python_reads
from blocks.settings import Kind
from pipelines.errors import CannotProceedError

TEMPLATE_SUFFIXES = (
    ".sql",
    ".sh",
    ".bash",
    ".j2",
    ".jinja",
    ".jinja2",
    ".json",
    ".yaml",
    ".yml",
    ".txt",
    ".html",
)


@dataclass(frozen=True)
class Use:
    """One place where a setting is read."""

    kind: Kind
    name: str | None
    """None: the name is computed while the DAG runs."""
    file: str
    line: int
    how: str
    """Such as `Variable.get`, `Jinja`, `postgres_conn_id`."""


@dataclass(frozen=True)
class Uses:
    """Everything that was found, and files that could not be read as Python."""

    uses: tuple[Use, ...]
    unreadable: tuple[str, ...]


def find_uses(paths: Sequence[Path]) -> Uses:
    """Look through files and folders. Raises CannotProceedError if a path is not there."""
    uses: list[Use] = []
    unreadable: list[str] = []
    for path in paths:
        if not path.exists():
            raise CannotProceedError(f"{path} is not there. Give a DAG file or a folder of DAGs.")
        for file in _files(path):
            try:
                text = file.read_text(encoding="utf-8")
                uses += _in_python(text, str(file)) if file.suffix == ".py" else _in_template(text, str(file))
            except (SyntaxError, ValueError, OSError) as error:
                line = getattr(error, "lineno", None)
                unreadable.append(f"{file}{f', line {line}' if line else ''}: {type(error).__name__}")
    return Uses(
        tuple(sorted(uses, key=lambda use: (use.kind, use.name or "~", use.file, use.line))),
        tuple(unreadable),
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(path).parts)
        if file.is_file() and not hidden and file.suffix in (".py", *TEMPLATE_SUFFIXES):
            yield file


def _in_template(text: str, file: str) -> Iterator[Use]:
    for kind, name, line in template_reads(text):
        yield Use(kind, name, file, line, "Jinja")


def _in_python(text: str, file: str) -> Iterator[Use]:
    for kind, name, line, how in python_reads(text, file):
        yield Use(kind, name, file, line, how)
