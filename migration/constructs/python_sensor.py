"""PythonSensor and @task.sensor: ask the author's function until it says yes."""

from __future__ import annotations

from migration.arguments import waiting
from migration.constructs import construct
from migration.constructs.python import arguments_of, may_skip
from migration.graph import Task
from migration.writing.plan import RefusedError, Work, Written
from migration.writing.python_work import python_work
from migration.writing.site import Site

CODE = '''def @NAME@(*args: Any, **kwargs: Any) -> Any:
    """Wait until the condition holds."""
    return wait_until(lambda: {function}(*args, **kwargs), {pace})
'''


@construct("PythonSensor", "@task.sensor")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None:
        raise RefusedError("a mapped sensor", "expand")
    args, kwargs = arguments_of(task)
    signature = site.signature(task.get("python_callable"))
    given = set(kwargs) | set(signature.names[: len(args)] if signature else ())
    work, reads_context = python_work(site, task.get("python_callable"), given, task)
    pace = waiting.pace(task)
    name = work.function or f"({work.code.removeprefix('@VALUE@')})"
    function = f"with_context({name})" if work.with_context else name
    given_args = [site.templated(value, task) for value in args]
    given_kwargs = {key: site.templated(value, task) for key, value in kwargs.items()}
    shown = tuple(value for value, _ in given_args)
    named = {key: value for key, (value, _) in given_kwargs.items()}
    is_template = any(one for _, one in (*given_args, *given_kwargs.values()))
    sensor = Work(
        f"sensor:{function}:{pace}",
        f"poll_{work.function.strip('_') if work.function else task.task_id}",
        CODE.format(function=function, pace=pace),
        uses=(work.function,) if work.function else (),
        imports=("from typing import Any",),
        runtime=("wait_until", *(("with_context",) if work.with_context else ())),
    )
    claims = waiting.claims_of(
        task,
        "python_callable",
        "op_args",
        "op_kwargs",
        "call_arguments",
        "multiple_outputs",
        "provide_context",
    )
    tracked = reads_context or is_template or bool(task.get("soft_fail")) or may_skip(task, site)
    return Written(sensor, shown, named, claims=claims, tracked=tracked)
