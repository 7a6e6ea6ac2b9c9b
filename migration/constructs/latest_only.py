"""LatestOnlyOperator: in a run of the past, skip what is right behind."""

from __future__ import annotations

from migration.constructs import construct
from migration.graph import Task
from migration.plan import Work, Written
from migration.site import Site

CODE = '''def @NAME@() -> bool:
    """Say whether this is the schedule's latest run; one that is started by hand is."""
    return is_latest()
'''


@construct("LatestOnlyOperator")
def write(task: Task, site: Site) -> Written:
    """Write one."""
    work = Work("latest only", "latest_only", CODE, runtime=("is_latest",))
    return Written(work, kind="soft_short_circuit", tracked=True)
