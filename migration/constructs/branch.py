"""BranchPythonOperator and @task.branch: the result names the tasks to go on with."""

from __future__ import annotations

from migration.constructs import construct
from migration.constructs.python import written
from migration.graph import Task
from migration.writing.plan import Written
from migration.writing.site import Site


@construct("BranchPythonOperator", "@task.branch")
def write(task: Task, site: Site) -> Written:
    """Write one."""
    return written(task, site, "branch")
