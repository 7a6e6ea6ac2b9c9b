"""The timing ratio in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comparison.report import words
from comparison.verdict import TITLES


@dataclass(frozen=True)
class RatioWords:
    """What the ratio says, for people in a hurry and for those who want the figures."""

    headline: str
    interval: str
    decided: bool
    """Whether the interval leaves out 1; False also without an interval."""


def ratio_words(ratio: Mapping[str, Any]) -> RatioWords:
    """Say which engine was faster, by what factor, and between what limits."""
    left, right = TITLES[ratio["left"]], TITLES[ratio["right"]]
    middle, low, high = ratio["ratio"], ratio["low"], ratio["high"]
    faster, slower, times = (right, left, 1 / middle) if middle < 1 else (left, right, middle)
    headline = f"{faster} was {words.factor(times)} times as fast as {slower}"
    rounds = f"{ratio['rounds']} round{'s' if ratio['rounds'] != 1 else ''}"
    if low is None:
        return RatioWords(headline, f"{rounds}: no interval can be given", False)
    near, far = (1 / high, 1 / low) if middle < 1 else (low, high)
    sure = f"{100 * ratio['coverage']:.0f} % interval"
    interval = f"{words.factor(near)} to {words.factor(far)}, {rounds}, {sure}"
    if low <= 1 <= high:
        return RatioWords(f"Neither {left} nor {right} is shown to be faster", interval, False)
    return RatioWords(headline, interval, True)
