"""Airflow's trigger rules, as in Airflow 3.3 (ti_deps/deps/trigger_rule_dep.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

RUN, SKIP, GIVE_UP = "run", "skipped", "upstream_failed"
SUCCESS, FAILED = "success", "failed"
ALWAYS = ("always", "dummy")
"""Airflow starts such a task at once, so that no branch and no short circuit skips it."""


def decide(rule: str, states: Sequence[str]) -> str:
    """Give run, skipped or upstream_failed for the states of the tasks before."""
    if not states or rule in (*ALWAYS, "all_done"):
        return RUN
    count = Counter(states)
    bad = count[FAILED] + count[GIVE_UP]
    skipped, good, total = count[SKIP], count[SUCCESS], len(states)
    everything_skipped = skipped == total
    gives_up = {
        "all_success": bad > 0,
        "one_success": good == 0,
        "none_failed": bad > 0,
        "none_failed_min_one_success": bad > 0,
        "none_failed_or_skipped": bad > 0,
        "all_done_min_one_success": good == 0,
        "all_done_setup_success": good == 0,
    }
    skips = {
        "all_success": skipped > 0 and not bad,
        "all_failed": good + skipped > 0,
        "one_success": everything_skipped,
        "one_failed": bad == 0,
        "one_done": good + count[FAILED] == 0,
        "none_failed": False,
        "none_failed_min_one_success": everything_skipped,
        "none_failed_or_skipped": everything_skipped,
        "none_skipped": skipped > 0,
        "all_skipped": skipped < total,
        "all_done_min_one_success": skipped > 0,
        "all_done_setup_success": everything_skipped,
    }
    if rule not in skips:
        raise ValueError(f"There is no trigger rule {rule!r}.")
    if skips[rule]:
        return SKIP
    return GIVE_UP if gives_up.get(rule, False) else RUN
