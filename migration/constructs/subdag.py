"""SubDagOperator: a DAG in a DAG, which Airflow 3 no longer has."""

from __future__ import annotations

from migration.constructs import construct
from migration.graph import Task
from migration.plan import RefusedError, Written
from migration.site import Site


@construct("SubDagOperator")
def write(task: Task, site: Site) -> Written:
    """Refuse it, and say what to do.

    Raises RefusedError.
    """
    raise RefusedError("a SubDag has runs and a schedule of its own; make it a TaskGroup first", "subdag")
