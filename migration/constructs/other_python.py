"""Python in another interpreter: virtualenv and external Python, as operators, decorators and branches."""

from __future__ import annotations

from migration.constructs import construct
from migration.constructs.python import arguments_of
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.python_work import python_work
from migration.writing.site import Site

CODE = '''def @NAME@(*args: Any, **kwargs: Any) -> Any:
    """Run {function} in another interpreter."""
    return run_elsewhere({function}, *args, {where}, **kwargs)
'''
KNOWN = ("python_callable", "op_args", "op_kwargs", "call_arguments", "requirements", "system_site_packages",
         "python", "python_version", "serializer", "use_dill", "pip_install_options", "venv_cache_path",
         "expect_airflow", "inherit_env", "templates_dict")  # fmt: skip
SETTLED = ("python_version", "serializer", "use_dill", "pip_install_options", "templates_dict")


@construct(
    "PythonVirtualenvOperator",
    "ExternalPythonOperator",
    "@task.virtualenv",
    "@task.external_python",
)
def write(task: Task, site: Site) -> Written:
    """Write one."""
    return _written(task, site, "task")


@construct(
    "BranchPythonVirtualenvOperator",
    "BranchExternalPythonOperator",
    "@task.branch_virtualenv",
    "@task.branch_external_python",
)
def write_branch(task: Task, site: Site) -> Written:
    """Write one whose result names the tasks to go on with."""
    return _written(task, site, "branch")


def _written(task: Task, site: Site, kind: str) -> Written:
    if task.mapping is not None:
        raise RefusedError("a mapped task in another interpreter", "expand")
    for name in SETTLED:
        if task.get(name) not in (None, [], {}, "pickle", "cloudpickle", "dill", False):
            raise RefusedError(f"{name} for another interpreter", name)
    args, kwargs = arguments_of(task)
    reference = task.get("python_callable")
    signature = site.signature(reference)
    given = set(kwargs) | set(signature.names[: len(args)] if signature else ())
    work, reads_context = python_work(site, reference, given, task)
    if reads_context or "<lambda>" in str(reference["$callable"]):
        raise RefusedError("a lambda, or Airflow's context, in another interpreter", "python_callable")
    name = work.function or work.code.removeprefix("@VALUE@")
    other = Work(
        f"elsewhere:{name}:{_where(task, site)}",
        f"{work.name}_elsewhere",
        CODE.format(function=name, where=_where(task, site)),
        uses=(work.function,) if work.function else (),
        imports=("from typing import Any", "from replant_elsewhere import run_elsewhere"),
    )
    claims = {one: Claim() for one in KNOWN if task.has(one)}
    claims["python_callable"] = equivalent("arguments travel as a pickle, the result as JSON", "other-python")
    claims["multiple_outputs"] = equivalent(
        "the result is one dictionary; its keys are taken from it", "results"
    )
    shown = tuple(site.templated(value, task)[0] for value in args)
    named = {key: site.templated(value, task)[0] for key, value in kwargs.items()}
    return Written(other, shown, named, kind=kind, claims=claims)


def _where(task: Task, site: Site) -> str:
    values = site.values()
    if task.has("python"):
        return f"python={values.write(task.get('python'))}"
    requirements = task.get("requirements") or []
    if isinstance(requirements, str):
        requirements = [line for line in requirements.splitlines() if line.strip()]
    shared = bool(task.get("system_site_packages", True))
    return f"requirements={values.write(requirements)}, system_site_packages={shared}"
