"""EmptyOperator and DummyOperator: a point where ways meet; kept, because rules and edges hang on it."""

from __future__ import annotations

from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Work, Written
from migration.writing.site import Site

CODE = '''def @NAME@() -> None:
    """Do nothing: a point where ways meet."""
'''


@construct("EmptyOperator", "DummyOperator")
def write(task: Task, site: Site) -> Written:
    """Write one."""
    return Written(Work("empty", "empty", CODE))
