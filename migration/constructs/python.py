"""PythonOperator and @task: the author's function becomes the Prefect task."""

from __future__ import annotations

from typing import Any

from migration.author.functions import CONTEXT, NOT_GIVEN
from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, Code, RefusedError, Written, equivalent
from migration.writing.python_work import python_work
from migration.writing.site import Site

KNOWN = ("python_callable", "op_args", "op_kwargs", "call_arguments", "templates_dict", "templates_exts",
         "show_return_value_in_logs", "multiple_outputs", "provide_context",
         "ignore_downstream_trigger_rules")  # fmt: skip


SKIPPING = ("AirflowSkipException", "DownstreamTasksSkipped")
STATES = frozenset({"task_state_store", "asset_state_store"})


@construct("PythonOperator", "@task", "@task.python")
def write(task: Task, site: Site) -> Written:
    """Write one."""
    return written(task, site)


def written(task: Task, site: Site, kind: str = "task") -> Written:
    """Write a task that calls the author's function.

    Raises RefusedError.
    """
    args, kwargs = arguments_of(task)
    reference = function_of(task)
    if task.get("templates_dict"):
        kwargs["templates_dict"] = _with_files(task.get("templates_dict"), task, site)
    first, named = _of_partial(task, site)
    _refuse_files([first, args, named, {**kwargs, "templates_dict": None}], task)
    args, kwargs = [*first, *args], {**named, **kwargs}
    over, each = mapping_of(task, site)
    if args and (over is not None or each is not None):
        args, kwargs = [], {**_by_name(args, task, site), **kwargs}
    given = set(kwargs) | set(over or {})
    signature = site.signature(reference)
    if signature is not None:
        given |= set(signature.names[: len(args)])
    if each is not None and signature is not None:
        given |= set(signature.names)
    work, tracked = python_work(site, reference, given, task, by_name=True)
    shown, templates = [], False
    for value in args:
        value, is_template = site.templated(value, task)
        shown.append(value)
        templates = templates or is_template
    for name, value in list(kwargs.items()):
        kwargs[name], is_template = site.templated(value, task)
        templates = templates or is_template
    kwargs.update({name: Code(str(site.moment(name, task))) for name in work.moments})
    claims = {name: Claim() for name in KNOWN if task.has(name)}
    if task.has("multiple_outputs"):
        claims["multiple_outputs"] = equivalent(
            "the result is one dictionary; its keys are taken from it", "results"
        )
    if signature is not None and signature.used & STATES:
        claims["python_callable"] = equivalent("state is kept in the run, an asset's in Variables", "state")
    skips = may_skip(task, site)
    needs_runtime = tracked or templates or skips
    return Written(work, tuple(shown), kwargs, over, each, kind=kind, claims=claims, tracked=needs_runtime)


def function_of(task: Task) -> Any:
    """Give the function that is called in the end; of a functools.partial, that inside."""
    reference = task.get("python_callable")
    return reference.get("$partial", reference) if isinstance(reference, dict) else reference


def _of_partial(task: Task, site: Site) -> tuple[list[Code], dict[str, Code]]:
    """Give what a functools.partial holds, which Airflow does not render.

    Raises RefusedError.
    """
    reference = task.get("python_callable")
    if not isinstance(reference, dict) or "$partial" not in reference:
        return [], {}
    if hidden := reference["kwargs"].keys() & (CONTEXT | NOT_GIVEN):
        text = f"a functools.partial with {', '.join(sorted(hidden))}, which Airflow fills from its context"
        raise RefusedError(f"{text}; give it another name", "python_callable")
    values = site.values()
    args = [Code(values.write(one)) for one in reference["args"]]
    kwargs = {name: Code(values.write(one)) for name, one in reference["kwargs"].items()}
    site.imports.update(values.imports)
    site.runtime.update(values.runtime)
    return args, kwargs


def _by_name(args: list[Any], task: Task, site: Site) -> dict[str, Any]:
    """Give what a mapped call has by position its parameters' names.

    Raises RefusedError.
    """
    signature = site.signature(function_of(task))
    if signature is None or len(signature.names) < len(args):
        raise RefusedError("op_args beside a mapping; give them in op_kwargs", "op_args")
    return dict(zip(signature.names, args, strict=False))


def _endings(task: Task) -> tuple[str, ...]:
    """Give what the names of template files end with."""
    given = task.get("templates_exts") or []
    return tuple(given.get("$tuple", []) if isinstance(given, dict) else given)


def _refuse_files(value: Any, task: Task) -> None:
    """Refuse names of template files, which Airflow would read, among the arguments.

    Raises RefusedError.
    """
    if isinstance(value, str) and (endings := _endings(task)) and value.endswith(endings):
        raise RefusedError(
            f"the file {value} among the arguments; put it into templates_dict", "templates_exts"
        )
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_files(one, task)


def _with_files(values: Any, task: Task, site: Site) -> Any:
    """Replace the names of template files by what is in them."""
    endings = _endings(task)
    if not isinstance(values, dict):
        return values
    return {
        key: site.text_file(value)
        if isinstance(value, str) and endings and value.endswith(endings)
        else value
        for key, value in values.items()
    }


def arguments_of(task: Task) -> tuple[list[Any], dict[str, Any]]:
    """Give the positional and keyword arguments of the call."""
    call = dict(task.get("call_arguments") or {})
    args = list(task.get("op_args") or [])
    kwargs = dict(task.get("op_kwargs") or {})
    for name in [name for name in call if name.startswith("*")]:
        args += call.pop(name)
    if "$symbol" in kwargs or "$dict" in kwargs:
        raise RefusedError("op_kwargs that are only known while Airflow builds the DAG", "op_kwargs")
    return args, {**call, **kwargs}


def mapping_of(task: Task, site: Site) -> tuple[dict[str, Any] | None, Any]:
    """Give what the call is mapped over: a product of values, or a list of argument dictionaries.

    Raises RefusedError.
    """
    if task.mapping is None:
        return None, None
    arguments = dict(task.mapping.arguments)
    if task.mapping.kind == "expand_kwargs":
        if task.decorator is None:
            raise RefusedError("expand_kwargs of an operator; expand its op_kwargs", "expand_kwargs")
        return None, arguments["kwargs"]
    if task.decorator is None:
        if list(arguments) == ["op_args"]:
            return None, _rows_by_name(arguments["op_args"], task, site)
        inner = arguments.pop("op_kwargs", None)
        if arguments:
            raise RefusedError(f"expand over {', '.join(arguments)}; expand op_kwargs", "expand")
        return None, inner
    return arguments, None


def _rows_by_name(rows: Any, task: Task, site: Site) -> list[dict[str, Any]]:
    """Give each copy's positional arguments its function's names.

    Raises RefusedError.
    """
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise RefusedError("op_args that are only known at run time; expand op_kwargs", "op_args")
    return [_by_name(row, task, site) for row in rows]


def may_skip(task: Task, site: Site) -> bool:
    """Say whether the function's text, or that of what it calls, raises Airflow's skip."""
    reference = function_of(task)
    if not isinstance(reference, dict) or reference.get("file") != str(site.source.path):
        return False
    statement = site.source.at_line(int(reference["line"]))
    if statement is None:
        return False
    kept, _ = site.source.closure(sorted(statement.binds))
    return any(name in one.code for one in kept for name in SKIPPING)
