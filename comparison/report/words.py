"""How figures are written: the same way on the page, on the terminal and in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

NOT_MEASURED = "not measured"


def seconds(value: float | None) -> str:
    """Write a duration given in seconds: three figures that count."""
    if value is None:
        return NOT_MEASURED
    size = abs(value)
    if size >= 600:
        return f"{value / 60:.1f} min"
    if size >= 100:
        return f"{value:.0f} s"
    if size >= 10:
        return f"{value:.1f} s"
    if size >= 1:
        return f"{value:.2f} s"
    if size >= 0.001:
        return f"{value * 1000:.0f} ms"
    return "0 ms" if value == 0 else "< 1 ms"


def size(value: float | None) -> str:
    """Write a number of bytes, in powers of 1000."""
    if value is None:
        return NOT_MEASURED
    if value == 0:
        return "none"
    if value >= 1e9:
        return f"{value / 1e9:.2f} GB"
    return f"{value / 1e6:.0f} MB" if value >= 1e6 else f"{value / 1e3:.0f} kB"


def number(value: int | None) -> str:
    """Write a count with its thousands apart; a dash where there is none by nature."""
    return "–" if value is None else f"{value:,}"


def factor(value: float) -> str:
    """Write how many times, at least 1, with figures that count."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def share(value: float) -> str:
    """Write a share of 1 as a percentage; a small one is never shown as nothing."""
    percent = 100 * value
    if 0 < percent < 0.01:
        return "under 0.01 %"
    return f"{percent:.2f} %" if percent < 1 else f"{percent:.1f} %"


def listed(names: Sequence[str]) -> str:
    """Join as in a sentence: a, b and c."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def moment(text: str) -> str:
    """Write an ISO 8601 time as a date and a time in UTC that people read."""
    when = datetime.fromisoformat(text)
    return f"{when.day} {when:%B %Y, %H:%M} {when.tzname() or ''}".strip()


def value(content: Any) -> str:
    """Write a value of the user's data so that NULL, an empty text and a blank can be told apart."""
    if content is None:
        return "NULL"
    if content == "":
        return "'' (empty text)"
    if isinstance(content, Mapping):
        return ", ".join(f"{name} = {value(item)}" for name, item in content.items())
    if isinstance(content, list | tuple):
        return ", ".join(value(item) for item in content)
    return str(content)
