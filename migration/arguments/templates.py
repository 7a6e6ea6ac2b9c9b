"""Templates in plain Python: f-strings of what the flow knows, which are dates, parameters and its conf.

A template must not raise in the flow where Airflow's would in the task, so what may raise is only written
where that comes to the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from keyword import iskeyword
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from migration.arguments.moments import DATES, FORMATS, PARTS, Moments
from migration.arguments.run_conf import fixed, of_conf
from migration.graph import Dag, Task
from migration.writing.literals import f_string, quoted
from migration.writing.plan import RefusedError

DAY = re.compile(r"(?:[^%\\{}\"']|%[YymdjBbAaUWuwVG])*")
"""Formats of a date that has no time."""
RESERVED = ("conf", "datetime", "logical_date", "timedelta")
"""What a loop's variable must not hide."""


@dataclass
class Names:
    """What of the flow's a template needs."""

    dates: bool = False
    conf: bool = False
    may_raise: bool = False
    own: dict[str, Any] = field(default_factory=dict)
    """Parameters of the task alone, which become the flow's."""


class _NotPlainError(Exception):
    """The template has more than can be written."""


def plain_text(text: str, moments: Moments | None, task: Task, dag: Dag, needs: Names) -> str | None:
    """Give a template as an expression, and note what it needs; None if there is more to it."""
    try:
        return _Expressions(moments, task, dag, needs).body(_jinja().parse(text).body)
    except (TemplateSyntaxError, _NotPlainError, RefusedError):
        return None


def _own_parameters(task: Task, dag: Dag) -> dict[str, Any]:
    """Give the parameters of a task that can be the flow's: no other task, nor the DAG, has another value."""
    known = set(dag.arguments.get("params") or {}) | set(RESERVED)
    others = [one.get("params") or {} for one in dag.tasks]
    return {
        name: value
        for name, value in (task.get("params") or {}).items()
        if name.isidentifier()
        and not iskeyword(name)
        and name not in known
        and all(one.get(name, value) == value for one in others)
    }


@cache
def _jinja() -> Environment:
    return Environment(keep_trailing_newline=True)  # noqa: S701 - it only parses


class _Expressions:
    """Writes one template's expressions, for between the braces of an f-string. Raises _NotPlainError."""

    def __init__(self, moments: Moments | None, task: Task, dag: Dag, needs: Names) -> None:
        self.moments, self.task, self.dag, self.needs = moments, task, dag, needs
        self.own = _own_parameters(task, dag)
        self.variables: list[str] = []

    def body(self, body: list[nodes.Node]) -> str:
        """Give texts, expressions and loops as one expression."""
        terms: list[str] = []
        parts: list[tuple[bool, str]] = []
        for node in body:
            if isinstance(node, nodes.Output):
                parts += [self._part(one) for one in node.nodes]
            elif isinstance(node, nodes.For):
                terms += [*_literal(parts), self._loop(node)]
                parts = []
            else:
                raise _NotPlainError
        terms += _literal(parts)
        return " + ".join(terms) if terms else '""'

    def _loop(self, node: nodes.For) -> str:
        """Give a loop over numbers or fixed values."""
        if not isinstance(node.target, nodes.Name) or node.else_ or node.test or node.recursive:
            raise _NotPlainError
        name = node.target.name
        known = {*self.variables, *self.own, *(self.dag.arguments.get("params") or {}), *RESERVED}
        if name in known or any(one.name == "loop" for one in node.find_all(nodes.Name)):
            raise _NotPlainError
        over, count = _fixed_values(node.iter)
        is_used = any(one.name == name for child in node.body for one in child.find_all(nodes.Name))
        self.variables.append(name)
        inner = self.body(node.body)
        self.variables.pop()
        if not is_used:
            return f"({inner}) * {count}" if " + " in inner else f"{inner} * {count}"
        return f'"".join({inner} for {name} in {over})'

    def _part(self, node: nodes.Node) -> tuple[bool, str]:
        if isinstance(node, nodes.TemplateData):
            return False, node.data
        return True, self.write(node)

    def write(self, node: nodes.Node) -> str:
        """Give an expression with its format."""
        found = self._written(node)
        if found is None or any(sign in found for sign in '"\\{}'):
            raise _NotPlainError
        if "logical_date" in found:
            self.needs.dates = True
        return found

    def _written(self, node: nodes.Node) -> str | None:
        if isinstance(node, nodes.Name):
            if node.name in self.variables:
                return node.name
            return self.moments.inside(node.name) if self.moments else None
        if (found := self._of_conf(node)) is not None:
            return found
        if isinstance(node, nodes.Getattr):
            return self._attribute(node)
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            return self._call(node, node.node)
        return self._moment(node)

    def _attribute(self, node: nodes.Getattr) -> str | None:
        if isinstance(node.node, nodes.Name) and node.node.name == "params":
            return self._parameter(node.attr)
        moment = self._moment(node.node)
        return f"{_in_brackets(moment)}.{node.attr}" if moment and node.attr in PARTS else None

    def _parameter(self, name: str) -> str | None:
        known: Mapping[str, Any] = self.dag.arguments.get("params") or {}
        own = self.task.get("params") or {}
        if name in own and name in self.own:
            self.needs.own[name] = self.own[name]
            return name
        return name if name in known and name not in own and not iskeyword(name) else None

    def _moment(self, node: nodes.Node) -> str | None:
        """Give a date, or one some time before or after it."""
        if isinstance(node, nodes.Name):
            return self.moments.named(node.name) if self.moments and node.name in DATES else None
        if isinstance(node, nodes.Add | nodes.Sub):
            left, span = self._moment(node.left), _span(node.right)
            sign = "+" if isinstance(node, nodes.Add) else "-"
            return f"{left} {sign} {span}" if left and span else None
        return None

    def _call(self, node: nodes.Call, function: nodes.Getattr) -> str | None:
        if node.kwargs or node.dyn_args or node.dyn_kwargs:
            return None
        given = [fixed(one) for one in node.args]
        if isinstance(function.node, nodes.Name) and function.node.name == "macros":
            return self._macro(function.attr, node.args, given)
        if function.attr == "strftime" and len(given) == 1 and isinstance(given[0], str):
            moment = self._moment(function.node)
            return f"{moment}:{given[0]}" if moment else None
        if function.attr == "format" and isinstance(function.node, nodes.Const) and len(given) == 1:
            form = re.fullmatch(r"\{:(\d+)\}", str(function.node.value))
            inner = self.write(node.args[0])
            return f"{inner}:{form.group(1)}" if form and inner and ":" not in inner else None
        return None

    def _macro(self, name: str, args: list[nodes.Expr], given: list[Any]) -> str | None:
        """Give Airflow's macros that shift a date or show it in another form."""
        if not args:
            return None
        shown = self._written(args[0]) or ""
        moment, _, form = shown.partition(":")
        if name == "ds_add" and form == FORMATS["ds"] and len(given) == 2 and type(given[1]) is int:
            return f"{moment} {'-' if given[1] < 0 else '+'} timedelta(days={abs(given[1])}):{form}"
        if name == "ds_format" and len(given) == 3 and form and form == given[1]:
            fits = isinstance(given[2], str) and "T" not in form and DAY.fullmatch(given[2])
            return f"{moment}:{given[2]}" if fits else None
        return None

    def _of_conf(self, node: nodes.Node) -> str | None:
        """Give what is taken out of the run's conf; a key that is not there is an error, as in Jinja."""
        found = of_conf(node)
        if found is None:
            return None
        text, raises = found
        self.needs.conf = True
        self.needs.may_raise = self.needs.may_raise or raises
        return text


def _fixed_values(node: nodes.Node) -> tuple[str, int]:
    """Give what a loop goes over, as code, and how many times.

    Raises _NotPlainError.
    """
    items = node.args if isinstance(node, nodes.Call) else getattr(node, "items", None)
    if not isinstance(items, list):
        raise _NotPlainError
    values = [fixed(one) for one in items]
    if isinstance(node, nodes.Call):
        is_range = isinstance(node.node, nodes.Name) and node.node.name == "range" and not node.kwargs
        if not is_range or not all(type(one) is int for one in values) or not 1 <= len(values) <= 3:
            raise _NotPlainError
        return f"range({', '.join(map(str, values))})", len(range(*values))
    if not isinstance(node, nodes.List | nodes.Tuple) or not all(type(v) in (str, int) for v in values):
        raise _NotPlainError
    return f"[{', '.join(quoted(v) if isinstance(v, str) else repr(v) for v in values)}]", len(values)


SPANS = ("weeks", "days", "hours", "minutes", "seconds")


def _span(node: nodes.Node) -> str | None:
    """Give `macros.timedelta(…)` of fixed numbers as code."""
    function = node.node if isinstance(node, nodes.Call) else None
    if not isinstance(node, nodes.Call) or not isinstance(function, nodes.Getattr):
        return None
    is_macro = isinstance(function.node, nodes.Name) and function.node.name == "macros"
    if not is_macro or function.attr != "timedelta" or len(node.args) > 1 or node.dyn_args or node.dyn_kwargs:
        return None
    given = [("days", one) for one in node.args] + [(one.key, one.value) for one in node.kwargs]
    shown = [f"{name}={fixed(one)}" for name, one in given if name in SPANS and type(fixed(one)) is int]
    return f"timedelta({', '.join(shown)})" if shown and len(shown) == len(given) else None


def _literal(parts: list[tuple[bool, str]]) -> list[str]:
    if not parts:
        return []
    if any(is_code for is_code, _ in parts):
        return [f_string(parts)]
    return [quoted("".join(text for _, text in parts))]


def _in_brackets(text: str | None) -> str:
    return f"({text})" if text and " " in text else str(text)
