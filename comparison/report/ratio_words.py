"""The timing ratio in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comparison.report import words
from comparison.timings.ratio import LEVEL
from comparison.verdict import TITLES


@dataclass(frozen=True)
class RatioWords:
    """What the ratio says, for people in a hurry and for those who want the figures."""

    headline: str
    interval: str
    decided: bool
    """Whether the interval leaves out 1; False also without an interval."""


def ratio_words(ratio: Mapping[str, Any], noise_floor: Mapping[str, Any] | None = None) -> RatioWords:
    """Say which engine was faster, by what factor, and between what limits.

    With too few rounds for a full interval, a ratio no larger than that of two runs of one engine (the
    `noise_floor` of the timings) is called undecided.
    """
    left, right = TITLES[ratio["left"]], TITLES[ratio["right"]]
    middle, low, high = ratio["ratio"], ratio["low"], ratio["high"]
    faster, slower, times = (right, left, 1 / middle) if middle < 1 else (left, right, middle)
    headline = f"{faster} was {words.factor(times)} times as fast as {slower}"
    rounds = f"{ratio['rounds']} round{'s' if ratio['rounds'] != 1 else ''}"
    undecided = f"Neither {left} nor {right} is shown to be faster"
    if noise_floor and ratio["coverage"] < LEVEL and times <= noise_floor["ratio"]:
        return RatioWords(
            undecided,
            f"a factor of {words.factor(times)} in {rounds}; two runs of {TITLES[noise_floor['engine']]} "
            f"differed by {words.factor(noise_floor['ratio'])}",
            False,
        )
    if low is None:
        return RatioWords(headline, f"{rounds}: no interval can be given", False)
    near, far = (1 / high, 1 / low) if middle < 1 else (low, high)
    sure = f"{100 * ratio['coverage']:.0f} % interval"
    interval = f"{words.factor(near)} to {words.factor(far)}, {rounds}, {sure}"
    if low <= 1 <= high:
        return RatioWords(undecided, interval, False)
    return RatioWords(headline, interval, True)
