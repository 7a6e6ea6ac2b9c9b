"""How far apart two values may be and still count as the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pipelines.errors import CannotProceedError

Kind = Literal["absolute", "relative", "seconds", "metres"]
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"(?P<amount>[0-9.]+(?:[eE][-+]?[0-9]+)?)(?P<unit>%|us|ms|s|min|h|d|m|km)?")


@dataclass(frozen=True)
class Tolerance:
    """An amount, and what it is an amount of."""

    amount: float
    kind: Kind = "absolute"
    """`absolute` in the column's own unit: of a number, seconds of a time, units of a geometry's SRID."""


def parse(column: str, text: str) -> Tolerance:
    """Read a tolerance as the command line takes it: 0.01, 0.1%, 500ms, 2s, 5min, 3m.

    Raises CannotProceedError if it is none of these.
    """
    found = _WRITTEN.fullmatch(text.strip())
    try:
        amount = float(found["amount"]) if found else -1.0
    except ValueError:
        amount = -1.0
    if found is None or amount < 0:
        raise CannotProceedError(
            f"--tolerance {column}={text}: write an amount such as 0.01, a share such as 0.1%, "
            "a time such as 500ms, 2s or 5min, or a distance such as 3m."
        )
    unit = found["unit"]
    if unit == "%":
        return Tolerance(amount / 100, "relative")
    if unit in _SECONDS:
        return Tolerance(amount * _SECONDS[unit], "seconds")
    if unit in ("m", "km"):
        return Tolerance(amount * (1000 if unit == "km" else 1), "metres")
    return Tolerance(amount)
