"""How values are shown to a person."""

from __future__ import annotations

from typing import Any


def short(value: Any, limit: int = 80) -> str:
    """Give a value on one line: NULL and '' apart, a row as `name=value`, long ones without their middle."""
    if value is None:
        return "NULL"
    if isinstance(value, dict):
        return ", ".join(f"{name}={short(item, 40)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(short(item, limit) for item in value)
    text = str(value)
    if text in ("", "NULL"):
        return f"'{text}'"
    text = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def pair(old: Any, new: Any, limit: int = 60) -> tuple[str, str]:
    """Give two values so that what differs is seen, even far inside long texts."""
    first, second = short(old, 10**9), short(new, 10**9)
    if max(len(first), len(second)) <= limit:
        return first, second
    same = 0
    while same < min(len(first), len(second)) and first[same] == second[same]:
        same += 1
    start = max(0, same - limit // 3)
    return tuple(  # type: ignore[return-value]
        ("..." if start else "") + text[start : start + limit] + ("..." if len(text) > start + limit else "")
        for text in (first, second)
    )
