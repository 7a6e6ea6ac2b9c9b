"""LatestOnlyOperator: in a run of the past, skip what is right behind."""

from __future__ import annotations

from migration.arguments.moments import period_of
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Code, Work, Written
from migration.writing.site import Site

CODE = '''def @NAME@() -> bool:
    """Say whether this is the schedule's latest run; one that is started by hand is."""
    return is_latest()
'''
PLAIN = '''def @NAME@(next_run: datetime) -> bool:
    """Say whether this is the schedule's latest run: the next one is not due yet."""
    return datetime.now(UTC) <= next_run
'''


@construct("LatestOnlyOperator")
def write(task: Task, site: Site) -> Written:
    """Write one."""
    period, end = period_of(site.dag), site.moment("data_interval_end", task)
    if period is None or end is None:
        work = Work("latest only", "latest_only", CODE, runtime=("is_latest",))
        return Written(work, kind="soft_short_circuit", tracked=True)
    imports = ("from datetime import UTC, datetime, timedelta",)
    work = Work("latest only in time", "latest_only", PLAIN, imports=imports)
    site.with_moments = True
    next_run = f"logical_date + 2 * {period}" if end == f"logical_date + {period}" else f"{end} + {period}"
    return Written(work, (Code(next_run),), kind="soft_short_circuit")
