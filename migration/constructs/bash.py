"""BashOperator: a command, whose last line of output is the result."""

from __future__ import annotations

from typing import Any

from migration.arguments.mapped_arguments import mapped_arguments
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, Work, Written, equivalent
from migration.writing.site import Site

PLAIN = '''def @NAME@(command: str) -> str:
    """Run a command in bash; give the last line of what it prints."""
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout)
    return done.stdout.rstrip("\\n").rpartition("\\n")[2]
'''
FULL = '''def @NAME@(
    command: str,
    env: Any = None,
    append_env: bool = False,
    cwd: str | None = None,
    skip_code: int = 99,
    processor: Any = str,
) -> Any:
    """Run a command in bash; give the last line of what it prints. The skip code skips the task."""
    env = {**os.environ, **(env or {})} if append_env else env
    done = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, text=True, env=env, cwd=cwd, check=False
    )
    print(done.stdout)
    if done.returncode == skip_code:
        raise AirflowSkipException(f"the command ended with {skip_code}")
    done.check_returncode()
    return processor(done.stdout.rstrip("\\n").rpartition("\\n")[2])
'''
NOTE = "it runs in the flow's folder, not in a temporary one; exit code 99 fails it, where Airflow skips"
MAPPED = {"bash_command": "command", "env": "env", "cwd": "cwd"}
KNOWN = ("bash_command", "env", "append_env", "cwd", "skip_on_exit_code", "skip_exit_code", "output_encoding",
         "output_processor", "xcom_push")  # fmt: skip


@construct("BashOperator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    over, each = mapped_arguments(task, MAPPED)
    mapped = {name for one in (over or {}, *(each or [])) for name in one}
    command = command_of(task, site) if task.has("bash_command") else None
    arguments, tracked = {}, False
    if command is not None:
        arguments["command"], tracked = site.templated(command, task)
    env, env_tracked = site.templated(_environment(task), task)
    full = bool(env) or task.get("cwd") is not None or bool(mapped - {"command"}) or _may_skip(task, command)
    full = full or task.get("output_processor") is not None
    if env:
        arguments["env"] = env
        if task.get("append_env", False):
            arguments["append_env"] = True
    if task.get("cwd") is not None:
        arguments["cwd"] = task.get("cwd")
    if task.get("skip_on_exit_code") not in (None, 99):
        arguments["skip_code"] = task.get("skip_on_exit_code")
    if task.get("output_processor") is not None:
        arguments["processor"] = task.get("output_processor")
    claims = {name: Claim() for name in KNOWN if task.has(name)}
    claims["bash_command"] = equivalent(NOTE, "bash") if not full else Claim()
    work = Work(
        "bash, all options",
        "bash",
        FULL,
        imports=("import os", "import subprocess", "from typing import Any"),
        runtime=("AirflowSkipException",),
    )
    if not full:
        work = Work("bash", "bash", PLAIN, imports=("import subprocess",))
    return Written(
        work,
        args=(arguments.pop("command"),) if "command" in arguments and not mapped else (),
        kwargs=arguments,
        over=over,
        each=each,
        claims=claims,
        tracked=tracked or env_tracked or full,
    )


def command_of(task: Task, site: Site) -> Any:
    """Give the command, read from its file where Airflow would read one."""
    command = task.get("bash_command")
    if isinstance(command, str) and command.endswith((".sh", ".bash")):
        return site.text_file(command)
    return command


def _environment(task: Task) -> Any:
    return task.get("env")


def _may_skip(task: Task, command: Any) -> bool:
    return task.has("skip_on_exit_code") or (isinstance(command, str) and "exit 99" in command)
