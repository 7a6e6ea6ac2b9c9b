"""Ids as Airflow takes them; a file with others is not loaded there either."""

from __future__ import annotations

import re
from typing import Any

from migration.standin.symbols import CLOSE, OPEN

LONGEST = 250
ALLOWED = re.compile(r"[\w.-]+")
UNKNOWN = re.compile(f"{OPEN}.*?{CLOSE}", re.DOTALL)


def checked(kind: str, key: Any) -> str:
    """Give an id as text.

    Raises TypeError or ValueError, as Airflow does, for what is none.
    """
    text = UNKNOWN.sub("x", str(key))
    if len(text) > LONGEST:
        raise ValueError(f"the {kind} {text[:40]!r}... is longer than {LONGEST} characters")
    if not ALLOWED.fullmatch(text):
        raise ValueError(
            f"the {kind} {text!r} has other signs than letters, digits, dashes, dots and underscores"
        )
    return str(key)
