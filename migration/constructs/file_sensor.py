"""FileSensor: wait until a file, or a match of a pattern, is there."""

from __future__ import annotations

from migration.arguments import waiting
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(path: str) -> None:
    """Wait until a file is there; the path may be a pattern."""
    wait_until(lambda: glob(path, recursive=True), {pace})
'''


@construct("FileSensor")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None or task.has("start_from_trigger"):
        raise RefusedError("a mapped or trigger-started sensor", "expand")
    pace = waiting.pace(task)
    path, is_template = site.templated(task.get("filepath"), task)
    claims = waiting.claims_of(task, "filepath", "recursive", "fs_conn_id")
    if task.has("fs_conn_id"):
        claims["fs_conn_id"] = equivalent(
            "the path is taken as it stands, without the connection's base", "files"
        )
    work = Work(f"file:{pace}", "file_there", CODE.format(pace=pace), imports=("from glob import glob",),
                runtime=("wait_until",))  # fmt: skip
    return Written(work, (path,), claims=claims, tracked=is_template or bool(task.get("soft_fail")))
