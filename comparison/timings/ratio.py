"""By how much two engines differ: the ratio of their medians, with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEVEL = 0.95
RESAMPLES = 10_000
SEED = 20_261_121
"""Fixed, so that the same runs always give the same figures."""


@dataclass(frozen=True)
class Ratio:
    """Seconds of the right engine for each second of the left one."""

    ratio: float
    low: float | None
    """Lower end of the interval; None with fewer than two runs on a side."""
    high: float | None
    paired: bool
    """Whether rounds were resampled as a whole, the k-th run of one side with the k-th of the other."""
    rounds: int
    """Runs of the side that has fewer."""
    coverage: float
    """The most that an interval from so few rounds can promise, at most `LEVEL`."""


def ratio_of(left: Sequence[float], right: Sequence[float]) -> Ratio:
    """Compare the run times of two engines, in seconds, each above 0 and in the order of the rounds.

    With as many runs on both sides, rounds are resampled as pairs, so that what slowed the machine down in
    one round slows both sides; otherwise each side on its own. Percentile bootstrap (Efron, 1979).

    Raises ValueError on an empty side or a time that is not above 0.
    """
    if not left or not right:
        raise ValueError("a ratio needs at least one run on each side")
    if min(*left, *right) <= 0:
        raise ValueError("a run time is above 0")
    old, new = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    ratio = float(np.median(new) / np.median(old))
    rounds, paired = min(len(old), len(new)), len(old) == len(new)
    if rounds < 2:
        return Ratio(ratio, None, None, paired, rounds, 0.0)
    low, high = _interval(old, new, paired)
    return Ratio(ratio, min(low, ratio), max(high, ratio), paired, rounds, min(LEVEL, coverage_bound(rounds)))


def coverage_bound(rounds: int) -> float:
    """Give the chance that the smallest and the largest of so many rounds have the true median between them.

    No interval made of these rounds reaches further out than they do, so it cannot promise more than this:
    1 - 2 * 0.5^n, the sign test's interval.
    """
    return float(max(0.0, 1.0 - 2.0 * 0.5**rounds))


def rounds_needed(level: float = LEVEL) -> int:
    """Give the smallest number of rounds from which an interval of this level can be made."""
    rounds = 2
    while coverage_bound(rounds) < level:
        rounds += 1
    return rounds


def _interval(
    old: npt.NDArray[np.float64], new: npt.NDArray[np.float64], paired: bool
) -> tuple[float, float]:
    draws = np.random.default_rng(SEED)
    picked = draws.integers(0, len(old), (RESAMPLES, len(old)))
    other = picked if paired else draws.integers(0, len(new), (RESAMPLES, len(new)))
    ratios = np.median(new[other], axis=1) / np.median(old[picked], axis=1)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(ratios, [tail, 100 - tail])
    return float(low), float(high)
