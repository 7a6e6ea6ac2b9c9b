"""ExternalTaskMarker: does nothing but tell Airflow what else to clear."""

from __future__ import annotations

from migration.constructs import construct
from migration.constructs.empty import CODE
from migration.graph import Task
from migration.writing.plan import Work, Written, equivalent
from migration.writing.site import Site

KNOWN = ("external_dag_id", "external_task_id", "execution_date", "logical_date", "recursion_depth")


@construct("ExternalTaskMarker")
def write(task: Task, site: Site) -> Written:
    """Write one."""
    note = equivalent("Prefect does not clear other flows' tasks", "markers")
    return Written(Work("empty", "empty", CODE), claims={name: note for name in KNOWN if task.has(name)})
