"""Makes old and new readable beside each other: what is the same is quiet, what differs is marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from comparison.report import words

Sample = dict[str, Any]
"""One of the `samples` of report.json."""

CONTEXT = 24
"""Characters that are the same on both sides, shown around what differs."""
SHORT = 24
"""Texts up to this length are marked as a whole: a number is not read by its last digit."""
LONGEST = 160
"""Characters of a differing part that are shown."""


def fair(samples: Sequence[Sample], limit: int, least: int = 3) -> list[Sample]:
    """Give about `limit` of the samples in their order: as many of each kind and column, at least `least`."""
    kinds = Counter((sample["kind"], sample["column"]) for sample in samples)
    each = max(least, limit // max(1, len(kinds)))
    taken: Counter[tuple[str, str | None]] = Counter()
    found = []
    for sample in samples:
        kind = (sample["kind"], sample["column"])
        taken[kind] += 1
        if taken[kind] <= each:
            found.append(sample)
    return found


def samples_view(samples: Sequence[Sample], limit: int) -> list[dict[str, Any]]:
    """Give about `limit` lines of differences, with old and new as HTML, None where a side has no such row.

    The same change of the same column in several rows, and the same row several times, is one line: `rows`
    says how often it is among the samples.
    """
    groups: dict[Any, list[Sample]] = {}
    for sample in samples:
        same = (sample["kind"], sample["column"], words.value(sample["old"]), words.value(sample["new"]))
        groups.setdefault(same, []).append(sample)
    return fair([_line(group) for group in groups.values()], limit)


def _line(group: Sequence[Sample]) -> dict[str, Any]:
    sample = group[0]
    old, new = words.value(sample["old"]), words.value(sample["new"])
    left, right = marked(old, new) if sample["kind"] == "changed" else (_shortened(old), _shortened(new))
    return {
        **sample,
        "key": words.value(sample["key"] or {}),
        "rows": len(group),
        "left": None if sample["kind"] == "extra" else left,
        "right": None if sample["kind"] == "missing" else right,
    }


def marked(old: str, new: str) -> tuple[Markup, Markup]:
    """Give both texts with the part that differs in `<mark>`, long equal parts left out."""
    if max(len(old), len(new)) <= SHORT:
        return Markup("<mark>{}</mark>").format(old), Markup("<mark>{}</mark>").format(new)
    same = _alike(old, new)
    tail = min(min(len(old), len(new)) - same, _alike(old[::-1], new[::-1]))
    return _one(old, same, tail), _one(new, same, tail)


def _alike(one: str, other: str) -> int:
    """Count the characters that two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def _one(text: str, same: int, tail: int) -> Markup:
    before, middle, after = text[:same], text[same : len(text) - tail], text[len(text) - tail :]
    if len(before) > 2 * CONTEXT:
        before = "…" + before[-CONTEXT:]
    if len(after) > 2 * CONTEXT:
        after = after[:CONTEXT] + "…"
    return Markup("{}<mark>{}</mark>{}").format(before, _shortened(middle), after)


def _shortened(text: str) -> Markup:
    return escape(text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)")
