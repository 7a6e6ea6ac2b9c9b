"""A piece of Python that is written into a flow's file instead of an import of the runtime."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Helper:
    """A function or class, and the imports that it needs."""

    code: str
    imports: tuple[str, ...]
