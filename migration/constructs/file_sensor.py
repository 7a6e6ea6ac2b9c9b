"""FileSensor: wait until a file, or a match of a pattern, is there."""

from __future__ import annotations

from typing import Any

from migration.arguments import waiting
from migration.constructs import construct
from migration.graph import Task
from migration.standin.symbols import OPEN
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(path: str) -> None:
    """Wait until a file is there, or a folder with one; the path may be a pattern."""
    wait_until(lambda: any(has_file(one) for one in glob(path{recursive})), {pace})
'''
HELPER = '''def has_file(path: str) -> bool:
    """Say whether it is a file, or a folder with a file anywhere below."""
    return os.path.isfile(path) or any(files for _, _, files in os.walk(path))
'''
BASE = "the connection's folder, which Airflow puts before it, is not known here; write the whole path"


@construct("FileSensor")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None or task.has("start_from_trigger"):
        raise RefusedError("a mapped or trigger-started sensor", "expand")
    pace, recursive = waiting.pace(task), task.get("recursive") or False
    if not isinstance(recursive, bool):
        raise RefusedError("a choice that is only known at run time", "recursive")
    path, is_template = site.templated(task.get("filepath"), task)
    claims = waiting.claims_of(task, "filepath", "recursive", "fs_conn_id")
    claims["filepath"] = _path(task.get("filepath"))
    code = CODE.format(pace=pace, recursive=", recursive=True" if recursive else "")
    work = Work(f"file:{pace}:{recursive}", "file_there", code, helpers=(HELPER,),
                imports=("import os", "from glob import glob"), runtime=("wait_until",))  # fmt: skip
    return Written(work, (path,), claims=claims, tracked=is_template or bool(task.get("soft_fail")))


def _path(value: Any) -> Claim:
    """Claim the path: Airflow puts the connection's folder only before one that does not begin with a slash.

    Raises RefusedError.
    """
    text = str(value.get("$path", OPEN)) if isinstance(value, dict) else str(value)
    if text.startswith("/"):
        return Claim()
    if text.startswith((OPEN, "{{", "{%")):
        return equivalent("the path must be a whole one; no connection's folder is put before it", "files")
    raise RefusedError(BASE, "filepath")
