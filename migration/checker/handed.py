"""What a called function looks up in its **kwargs, read from the written text: the call has to give it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Collection
from typing import Any

from migration.checker.dates import MOMENT, context_of

KNOWN = frozenset({*context_of(MOMENT, MOMENT, {}, {}), "conf"})
"""What Airflow would have given by itself."""


def wrong_with(function: Any, args: Collection[Any], kwargs: Collection[str]) -> str:
    """Say what a call lacks or has too much of; nothing where all is well."""
    try:
        inspect.signature(function).bind(*args, **dict.fromkeys(kwargs))
    except TypeError as error:
        left = _unmet(function, len(args), set(kwargs))
        return "" if left and left not in KNOWN else str(error)  # else it lacks in Airflow, too
    key = _lacking(inspect.unwrap(function), set(kwargs), {function})
    return f"nothing is given for {key!r}" if key in KNOWN else ""


def _lacking(function: Any, given: set[str], seen: set[Any]) -> str:
    """Give a key that the function, or one that it hands all of them to, looks up and that is not there."""
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        return ""
    if not isinstance(node, ast.FunctionDef) or node.args.kwarg is None:
        return ""
    rest = node.args.kwarg.arg
    for one in ast.walk(node):
        if isinstance(one, ast.Subscript) and _is_looked_up(one, rest, given):
            return ast.unparse(one.slice).strip("'")
        if isinstance(one, ast.Call) and any(
            word.arg is None and _is(word.value, rest) for word in one.keywords
        ):
            target = getattr(function, "__globals__", {}).get(getattr(one.func, "id", ""))
            if inspect.isfunction(target) and target not in seen:
                handed = given | {word.arg for word in one.keywords if word.arg}
                if key := _unmet(target, len(one.args), handed) or _lacking(target, handed, {*seen, target}):
                    return key
    return ""


def _is_looked_up(node: ast.Subscript, rest: str, given: set[str]) -> bool:
    is_read = isinstance(node.ctx, ast.Load) and _is(node.value, rest)
    return is_read and isinstance(node.slice, ast.Constant) and node.slice.value not in given


def _unmet(function: Any, places: int, given: set[str]) -> str:
    """Give a parameter that has no default and is given nothing."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [one for one in inspect.signature(function).parameters.values() if one.kind in named]
    left = parameters[places:]
    return next((one.name for one in left if one.default is one.empty and one.name not in given), "")


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
