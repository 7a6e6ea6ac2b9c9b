"""Days of the week as Airflow's operators take them."""

from __future__ import annotations

from typing import Any

from migration.plan import RefusedError

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def numbers_of(value: Any) -> set[int]:
    """Give the days as numbers, Monday being 1.

    Raises RefusedError.
    """
    if isinstance(value, str) and value.lower() in NAMES:
        return {NAMES.index(value.lower()) + 1}
    if isinstance(value, int) and 1 <= value <= 7:
        return {value}
    if isinstance(value, dict):
        value = value.get("$set", value.get("$tuple", list(value)))
    if isinstance(value, list) and value:
        return set().union(*(numbers_of(one) for one in value))
    raise RefusedError("a day of the week that is only known at run time", "week_day")
