"""The process environment, in which a name that is not set is a symbol instead of an error."""

from __future__ import annotations

import os
from typing import Any

from migration.standin.ledger import asked_by_author, current
from migration.standin.symbols import CLOSE, OPEN


class _Environment(type(os.environ)):  # type: ignore[misc]
    def __getitem__(self, key: Any) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            if not asked_by_author():
                raise
            current().names_read.add(("environment", str(key)))
            return f"{OPEN}os.environ[{key!r}]{CLOSE}"

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 - `get` would call itself


def install() -> None:
    """Put it in place of `os.environ`."""
    os.environ.__class__ = _Environment
