"""BashSensor: wait until a command ends with 0."""

from __future__ import annotations

from migration.arguments import waiting
from migration.constructs import construct
from migration.constructs.bash import command_of
from migration.graph import Task
from migration.writing.plan import RefusedError, Work, Written
from migration.writing.site import Site

CODE = '''def @NAME@(command: str) -> None:
    """Wait until a command ends well."""
    wait_until(lambda: subprocess.run(["bash", "-c", command]).returncode == 0, {pace})
'''


@construct("BashSensor")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.get("env") or task.get("retry_exit_code") is not None or task.mapping is not None:
        raise RefusedError("a BashSensor with env, retry_exit_code or expand", "env")
    pace = waiting.pace(task)
    command, is_template = site.templated(command_of(task, site), task)
    work = Work(f"bash sensor:{pace}", "command_succeeds", CODE.format(pace=pace),
                imports=("import subprocess",), runtime=("wait_until",))  # fmt: skip
    claims = waiting.claims_of(task, "bash_command", "env", "retry_exit_code")
    return Written(work, (command,), claims=claims, tracked=is_template or bool(task.get("soft_fail")))
