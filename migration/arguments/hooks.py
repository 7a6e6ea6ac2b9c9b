"""Callbacks that look at a few names of Airflow's context only: a hook of a few lines gives them these."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

from migration.arguments.moments import Moments
from migration.writing.helper import Helper

IDS = frozenset({"task_id", "dag_id", "log_url", "state"})
OBJECTS = ("ti", "task_instance", "dag", "task")
DATES = ("execution_date", "logical_date", "data_interval_start")
TEXTS = ("exception", "reason")
FOR_ONE = '''def {name}(owner: Any, run: Any, state: Any) -> None:
    """Give {last} what it takes out of Airflow's context: {names}."""
{lines}'''
FOR_MANY = '''def airflow_hook(callback: Callable[..., Any]) -> Any:
    """Make a state hook of a callback that takes {names} out of Airflow's context."""

    def hook(owner: Any, run: Any, state: Any) -> None:
{lines}
    hook.__name__ = callback.__name__
    return hook
'''
OF_A_FLOW = re.compile(r"^@flow\(.*airflow_hook\(", re.MULTILINE)
MADE = re.compile(r"\bairflow_hook\(([\w.]*)")
OWNER = 'SimpleNamespace(task_id=owner.name, dag_id=flow_run.flow_name, state=state.name, log_url="")'


def names_taken(reference: Any, moments: Moments | None) -> frozenset[str] | None:
    """Give what a callback takes out of its context; None if it takes more than a short hook gives."""
    function = _function(reference)
    if takes_nothing(reference):
        return frozenset()
    if function is None or len(function.args.args) != 1 or function.args.kwarg or function.args.vararg:
        return None
    context = function.args.args[0].arg
    found: set[str] = set()
    parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == context:
            name, taken = _taken(node, parents)
            if name is None or not _is_given(name, taken, parents, function):
                return None
            found.add(name)
    return None if found & set(DATES) and moments is None else frozenset(found)


def takes_nothing(reference: Any) -> bool:
    """Say whether a callback has no parameter for the context that it is called with, which is an error."""
    function = _function(reference)
    arguments = function.args if function is not None else None
    return arguments is not None and not (arguments.posonlyargs or arguments.args or arguments.vararg)


def _function(reference: Any) -> ast.FunctionDef | None:
    """Find the text of an author's function."""
    if not isinstance(reference, Mapping) or "$callable" not in reference:
        return None
    file = Path(str(reference["file"]))
    try:
        tree = ast.parse(file.read_text(encoding="utf-8-sig"))
    except (OSError, SyntaxError, ValueError):
        return None
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == reference["$callable"]]
    return found[0] if len(found) == 1 and not found[0].decorator_list else None


def _taken(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> tuple[str | None, ast.AST]:
    """Give the name that is looked up in the context, and the node that stands for its value."""
    parent = parents[node]
    if isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.slice, ast.Constant):
        return str(parent.slice.value), parent
    call = parents.get(parent)
    is_get = isinstance(parent, ast.Attribute) and parent.attr == "get"
    if is_get and isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
        return (str(call.args[0].value), call) if isinstance(call.args[0], ast.Constant) else (None, call)
    return None, parent


def _is_given(
    name: str, node: ast.AST, parents: Mapping[ast.AST, ast.AST], function: ast.FunctionDef
) -> bool:
    """Say whether the hook gives all that is done with a value of the context."""
    if name in (*DATES, *TEXTS):
        return True
    if name not in OBJECTS:
        return False
    parent = parents[node]
    if (
        isinstance(parent, ast.Assign)
        and len(parent.targets) == 1
        and isinstance(parent.targets[0], ast.Name)
    ):
        variable = parent.targets[0].id
        uses = [one for one in ast.walk(function) if isinstance(one, ast.Name) and one.id == variable]
        return all(one is parent.targets[0] or _is_id(parents[one]) for one in uses)
    return _is_id(parent)


def _is_id(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in IDS


def only_callback(text: str) -> tuple[str, str] | None:
    """Give the callback that all hooks of a text are made of, and a name for its hook that is free there."""
    callbacks = set(MADE.findall(text))
    if OF_A_FLOW.search(text):  # Prefect's type for these has names of parameters that would hide its own
        return None
    if len(callbacks) != 1 or not (callback := callbacks.pop()) or f"airflow_hook({callback})" not in text:
        return None
    name = f"{callback.rpartition('.')[2].removesuffix('_callback').strip('_')}_hook"
    return None if re.search(rf"\b{name}\b", text) else (callback, name)


def hook_for(names: frozenset[str], moments: Moments | None, given_date: bool, text: str) -> Helper:
    """Write the short hook that gives these names. `given_date`: the flow has the parameter logical_date.

    `text`: the code of the flow's file. With one callback the hook is for it alone.
    """
    imports = {"from typing import Any"}
    parts = []
    inside: list[str] = []
    only = only_callback(text)
    if names & set(OBJECTS):
        imports |= {"from types import SimpleNamespace", "from prefect.runtime import flow_run"}
        inside.append(f"ids = {OWNER}")
        parts += [f'"{name}": ids' for name in sorted(names & set(OBJECTS))]
    if names & set(DATES) and moments is not None:
        imports |= {"from prefect.runtime import flow_run"}
        moment = moments.start_of("flow_run.scheduled_start_time")
        if moments.minutes is not None:
            imports |= {"from datetime import UTC, datetime, timedelta"}
        given = 'flow_run.parameters.get("logical_date") or ' if given_date else ""
        inside.append(f"moment = {given}{moment}")
        parts += [f'"{name}": moment' for name in sorted(names & set(DATES))]
    parts += [f'"{name}": state.message' for name in sorted(names & set(TEXTS))]
    inside.append(f"{only[0] if only else 'callback'}({{{', '.join(parts)}}})")
    if '"Skipped"' in text and "on_completion=" in text:  # Airflow calls no callback for these
        inside = ['if state.name != "Skipped":', *(f"    {line}" for line in inside)]
    shown = ", ".join(sorted(names)) or "nothing"
    if only is not None:
        lines = indent("".join(f"{line}\n" for line in inside), " " * 4)
        code = FOR_ONE.format(name=only[1], last=only[0].rpartition(".")[2], names=shown, lines=lines)
        return Helper(code, tuple(sorted(imports)))
    imports.add("from collections.abc import Callable")
    lines = indent("".join(f"{line}\n" for line in inside), " " * 8)
    return Helper(FOR_MANY.format(names=shown, lines=lines), tuple(sorted(imports)))
