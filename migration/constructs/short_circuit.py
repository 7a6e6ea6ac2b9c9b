"""ShortCircuitOperator and @task.short_circuit: a false result skips what is behind."""

from __future__ import annotations

from migration.constructs import construct
from migration.constructs.python import written
from migration.graph import Task
from migration.writing.plan import RefusedError, Written
from migration.writing.site import Site


@construct("ShortCircuitOperator", "@task.short_circuit")
def write(task: Task, site: Site) -> Written:
    """Write one: all that is behind, or only what is right behind it.

    Raises RefusedError.
    """
    everything = task.get("ignore_downstream_trigger_rules", True)
    if not isinstance(everything, bool):
        raise RefusedError("a setting that is only known at run time", "ignore_downstream_trigger_rules")
    return written(task, site, "short_circuit" if everything else "soft_short_circuit")
