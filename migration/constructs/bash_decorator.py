"""@task.bash: the author's function gives the command."""

from __future__ import annotations

from migration.constructs import construct
from migration.constructs.bash import ENDING, LAST
from migration.constructs.python import arguments_of
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.python_work import python_work
from migration.writing.site import Site

HELPER_HEAD = '''def run_bash(command: str, env: dict[str, str] | None = None, skip_code: int = 99) -> str:
    """Run a command in bash; give the last line of what it prints. The skip code skips the task."""
    command = template(command).rendered()
    ran = subprocess.run(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
    )
    output = ran.stdout.decode(errors="backslashreplace")
'''
HELPER = f"{HELPER_HEAD}{ENDING}    return {LAST}\n"
CODE = '''def @NAME@({env}*args: Any, **kwargs: Any) -> Any:
    """Run the command that {function} gives."""
    return {before}run_bash({call}(*args, **kwargs){given}){after}
'''


@construct("@task.bash")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None or task.has("skip_on_exit_code"):
        raise RefusedError("a mapped @task.bash, or one with skip_on_exit_code", "expand")
    args, kwargs = arguments_of(task)
    signature = site.signature(task.get("python_callable"))
    given = set(kwargs) | set(signature.names[: len(args)] if signature else ())
    work, _ = python_work(site, task.get("python_callable"), given, task)
    if not work.function:
        raise RefusedError("a command from a function that is not in this file", "python_callable")
    processor = task.get("output_processor")
    before = f"{site.callable_name(processor)}(" if isinstance(processor, dict) else ""
    shown = [site.templated(value, task)[0] for value in args]
    named = {key: site.templated(value, task)[0] for key, value in kwargs.items()}
    if task.get("env"):
        named["env"], _ = site.templated(task.get("env"), task)
    merged = "{**os.environ, **env}" if task.get("append_env") else "env"
    call = f"with_context({work.function})" if work.with_context else work.function
    bash = Work(
        f"bash of {work.function}:{task.get('append_env')}:{bool(task.get('env'))}:{before}",
        f"{work.function}_command",
        CODE.format(
            env="env: dict[str, str], " if task.get("env") else "",
            function=work.function, call=call, before=before,
            given=f", env={merged}" if task.get("env") else "", after=")" if before else "",
        ),
        uses=(work.function,),
        helpers=(HELPER,),
        imports=("import subprocess", "from typing import Any",
                 *(("import os",) if task.get("append_env") else ())),
        runtime=("AirflowSkipException", "template", *(("with_context",) if work.with_context else ())),
    )  # fmt: skip
    if args and task.get("env"):
        raise RefusedError("env together with positional arguments", "env")
    names = (
        "python_callable",
        "call_arguments",
        "env",
        "append_env",
        "output_processor",
        "cwd",
        "output_encoding",
    )
    claims = {name: Claim() for name in names if task.has(name)}
    if task.get("output_encoding", "utf-8") != "utf-8":
        raise RefusedError("an encoding of the output; convert it in the command", "output_encoding")
    if task.get("cwd") is not None:
        raise RefusedError("a cwd; change into it in the command", "cwd")
    claims["multiple_outputs"] = equivalent(
        "the result is one dictionary; its keys are taken from it", "results"
    )
    return Written(bash, tuple(shown), named, claims=claims, tracked=True)
