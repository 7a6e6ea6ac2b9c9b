"""The author's functions as Prefect tasks, and what they are given of Airflow's context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libcst as cst

from migration.author.conf import CONF, RUN, taking_conf
from migration.author.functions import Signature, without_parameters
from migration.author.handed import keys_of
from migration.graph import Task
from migration.writing.plan import RefusedError, Work
from migration.writing.site import Site


def python_work(
    site: Site, reference: Any, given: set[str], task: Task, by_name: bool = False
) -> tuple[Work, bool]:
    """Make a Prefect task of an author's function; say whether it reads Airflow's context.

    `by_name`: the caller passes what the work asks for in `moments`. Raises RefusedError.
    """
    if isinstance(reference, dict) and "$partial" in reference:
        raise RefusedError("a functools.partial; give the arguments in op_kwargs", "python_callable")
    if not isinstance(reference, dict) or "$callable" not in reference:
        what = f": {reference['$object']}" if isinstance(reference, dict) and "$object" in reference else ""
        text = f"the function is only known while Airflow builds the DAG{what}"
        raise RefusedError(f"{text}; write a function that calls it", "python_callable")
    if not reference.get("signature", True):
        text = f"{reference['$callable']} does not say which arguments it takes, so that Airflow fails, too"
        raise RefusedError(f"{text}; write a function that calls it", "python_callable")
    if by_name:
        _hand_conf(site, reference, given)
    signature = site.signature(reference)
    name = site.callable_name(reference)
    if signature is None or "<lambda>" in str(reference["$callable"]):
        takes = signature is not None and bool(signature.context_parameters(given) or signature.rest)
        if reference["module"] == "builtins":
            imports = ("from typing import Any",)
            return Work(f"value:{name}", f"call_{name}", f"@VALUE@{name}", imports=imports), False
        outside = signature is None
        wanted = name.split(".")[-1] if name.isidentifier() or "." in name else task.task_id
        key = f"value:{name}" if name.isidentifier() else f"lambda:{task.task_id}"
        work = Work(key, wanted, code=f"@VALUE@{name}", with_context=takes or outside)
        return work, work.with_context
    if signature.lacking:
        raise RefusedError(f"it uses {signature.lacking} of Airflow's context, which a flow does not have")
    return _own_function(site, name, signature, given, task if by_name else None)


def _own_function(
    site: Site, name: str, signature: Signature, given: set[str], task: Task | None
) -> tuple[Work, bool]:
    context = signature.context_parameters(given)
    surplus = [one for one in given if one not in signature.names]
    used = [one for one in context if one in signature.used]
    rest_used = bool(signature.rest) and signature.rest in signature.used
    asks = "get_current_context" in signature.used
    key = f"function:{name}"
    keys = keys_of(site.source, name, signature)
    asked = {*used, *((keys or set()) - given)}
    plain = not asks and not signature.driven and (not rest_used or keys is not None)
    plain = plain and (not asked or (task is not None and all(site.moment(one, task) for one in asked)))
    plain = plain and (CONF not in asked or name in site.source.given_conf)
    kept = signature.rest if surplus or rest_used else ""
    if plain and _without(site, name, {*context, signature.rest} - {"", kept, *asked}):
        site.with_moments = site.with_moments or bool(asked - {"params", CONF})
        site.with_conf = site.with_conf or CONF in asked
        return Work(key, name, function=name, moments=tuple(sorted(asked))), False
    wrapped = not asks or bool(used) or signature.driven
    return Work(key, name, function=name, with_context=wrapped), True


def _without(site: Site, name: str, unused: set[str]) -> bool:
    """Leave out parameters that nobody reads; say whether the function can do without them."""
    if unused and _called_elsewhere(site, name):
        return False
    _strip(site, name, unused)
    return True


def _hand_conf(site: Site, reference: Mapping[str, Any], given: set[str]) -> None:
    """Let a function of this file that takes only the conf out of its run have that for a parameter."""
    is_own = reference["file"] == str(site.source.path) and "<lambda>" not in str(reference["$callable"])
    statement = site.source.at_line(int(reference["line"])) if is_own else None
    if statement is None or not isinstance(statement.node, cst.FunctionDef) or RUN in given:
        return
    name = statement.node.name.value
    made = None if _called_elsewhere(site, name) else taking_conf(statement.node)
    if made is not None:
        statement.node = made
        site.source.given_conf.add(name)


def _called_elsewhere(site: Site, name: str) -> bool:
    return any(
        name in one.needs for one in site.source.statements if name not in one.binds and not one.tainted
    )


def _strip(site: Site, name: str, parameters: set[str]) -> None:
    statement = site.source.defining(name)
    if statement is not None and isinstance(statement.node, cst.FunctionDef):
        statement.node = without_parameters(statement.node, parameters)
