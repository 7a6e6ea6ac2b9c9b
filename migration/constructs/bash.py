"""BashOperator: a command, whose last line of output is the result."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from migration.arguments.mapped_arguments import mapped_arguments
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

PLAIN = '''def @NAME@(command: str{parameters}) -> {result}:
    """{doc}; give {what}."""
    ran = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT{given}
    )
    output = ran.stdout.decode({encoding}errors="backslashreplace")
    print(output)
    ran.check_returncode()
    return {last}
'''
ENDING = """    print(output)
    if ran.returncode == skip_code:
        raise AirflowSkipException(f"the command ended with {skip_code}")
    ran.check_returncode()
"""
LAST = 'output.removesuffix("\\n").rpartition("\\n")[2].rstrip()'
FULL_HEAD = '''def @NAME@(
    command: str,
    env: Any = None,
    append_env: bool = False,
    cwd: str | None = None,
    skip_code: int = 99,
    processor: Any = str,
    encoding: str = "utf-8",
) -> Any:
    """Run a command in bash; give the last line of what it prints. The skip code skips the task."""
    env = {**os.environ, **(env or {})} if append_env else env
    ran = subprocess.run(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
    )
    output = ran.stdout.decode(encoding, errors="backslashreplace")
'''
FULL = f"{FULL_HEAD}{ENDING}    return processor({LAST})\n"
FAILS = "exit code 99 fails it, where Airflow skips"
FOLDER = "it runs in the flow's folder, not in a temporary one"
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
    env, env_tracked = site.templated(task.get("env"), task)
    if env is not None:
        arguments["env"] = env
    cwd, cwd_tracked = site.templated(task.get("cwd"), task)
    if cwd is not None:
        arguments["cwd"] = cwd
    if task.get("output_processor") is not None:
        arguments["processor"] = task.get("output_processor")
    if task.get("output_encoding", "utf-8") != "utf-8":
        arguments["encoding"] = task.get("output_encoding")
    appends = bool(task.get("append_env")) and "env" in {*arguments, *mapped}
    skips = _may_skip(task, [command, task.get("env"), over, each])
    uneven = any(mapped - set(one) for one in each or [])
    claims = {name: Claim() for name in KNOWN if task.has(name)}
    if skips or uneven:
        work = FULL_WORK
        arguments |= {"append_env": True} if appends else {}
        arguments |= {} if _code(task) == 99 else {"skip_code": _code(task)}
    else:
        work = _plain({*arguments, *mapped} - {"command"}, appends)
        notes = [FOLDER] if task.get("cwd") is None else []
        notes += [FAILS] if _code(task) is not None else []
        claims["bash_command"] = equivalent("; ".join(notes), "bash") if notes else Claim()
    return Written(
        work,
        args=(arguments.pop("command"),) if "command" in arguments and not mapped else (),
        kwargs=arguments,
        over=over,
        each=each,
        claims=claims,
        tracked=tracked or env_tracked or cwd_tracked or skips or uneven,
    )


FULL_WORK = Work(
    "bash, all options",
    "bash_with_options",
    FULL,
    imports=("import os", "import subprocess", "from typing import Any"),
    runtime=("AirflowSkipException",),
)


def _plain(options: Collection[str], appends: bool) -> Work:
    """Give the function with just these options. `appends`: the environment is added to the process's."""
    env, cwd, processed, encoded = (name in options for name in ("env", "cwd", "processor", "encoding"))
    parameters = ", env: dict[str, str]" if env else ""
    parameters += ", cwd: str" if cwd else ""
    parameters += ", processor: Callable[[str], Any]" if processed else ""
    parameters += ", encoding: str" if encoded else ""
    given = f", env={'{**os.environ, **env}' if appends else 'env'}" if env else ""
    code = PLAIN.format(
        parameters=parameters,
        result="Any" if processed else "str",
        doc=f"Run a command in bash{f', with {ADDED if appends else ONLY}' if env else ''}",
        what="what the processor makes of the last line that it prints"
        if processed
        else "the last line of what it prints",
        given=f"{given}, cwd=cwd" if cwd else given,
        encoding="encoding, " if encoded else "",
        last=f"processor({LAST})" if processed else LAST,
    )
    imports = ("import subprocess", *(("import os",) if appends else ()))
    imports += ("from collections.abc import Callable", "from typing import Any") if processed else ()
    shown = ["added_env" if appends and one == "env" else one for one in sorted(options)]
    name = "_".join(["bash", *(["with"] if options else []), *shown])
    return Work(name, name, code, imports=imports)


ADDED = "variables added"
ONLY = "only these variables set"


def command_of(task: Task, site: Site) -> Any:
    """Give the command, read from its file where Airflow would read one."""
    command = task.get("bash_command")
    if isinstance(command, str) and command.endswith((".sh", ".bash")):
        return site.text_file(command)
    return command


def _code(task: Task) -> int | None:
    """Give the exit code that skips, if one does.

    Raises RefusedError.
    """
    value = task.get("skip_on_exit_code", task.get("skip_exit_code", 99))
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if value is not None and not isinstance(value, int):
        raise RefusedError("several exit codes that skip; end the command with one", "skip_on_exit_code")
    return value


def _may_skip(task: Task, texts: Any) -> bool:
    """Say whether the command may ask for a skip: by an option, or in its text or environment."""
    for name in ("skip_on_exit_code", "skip_exit_code"):
        if task.has(name):
            return task.get(name) is not None
    return "exit 99" in str(texts)
