"""Days of the week as Airflow's operators take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from migration.graph import Task
from migration.writing.plan import Code, RefusedError
from migration.writing.site import Site

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


@dataclass(frozen=True)
class Now:
    """The moment that a branch looks at."""

    code: str
    parameter: str = ""
    """Of the function, if it is given the moment."""
    args: tuple[Code, ...] = ()
    runtime: tuple[str, ...] = ()


def moment_of(by_run: bool, task: Task, site: Site) -> Now:
    """Give the clock's time, or the run's logical date."""
    if not by_run:
        return Now("datetime.now(UTC)")
    if site.moment("logical_date", task) is None:
        return Now('get_current_context()["logical_date"]', runtime=("get_current_context",))
    site.with_moments = True
    return Now("moment", "moment: datetime, ", (Code("logical_date"),))
