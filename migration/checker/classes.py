"""Whether an author's operator is made with what it was given, and is the class that it was."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from migration.graph import Dag, Task

BASES = ("BaseOperator", "BaseSensorOperator")
ONLY_AIRFLOWS = ("template_fields", "template_ext", "ui_color", "ui_fgcolor")
GIVEN = ("call", "own", "default_args")
DONE = {"execute": "execute", "poke": "poke"}


def class_differences(
    dag: Dag, source: str, texts: Iterable[str], text: str, seen: Mapping[str, Any]
) -> Iterator[str]:
    """Give what differs, one sentence each. `texts`: the flow's and those of the modules beside it."""
    known = {one.name: one for each in (*texts, source) for one in _classes(each)}
    before = {one.name: one for one in _classes(source)}
    calls = {call["name"]: call for call in seen["calls"]}
    written = {one.name: one for one in _classes(text)}
    for task in dag.tasks:
        if not task.own or task.decorator or task.operator not in known or task.task_id not in calls:
            continue
        call = calls[task.task_id]
        if "could not be converted" in call["doc"]:
            continue
        names = _parameters(before.get(task.operator, known[task.operator]))
        yield from _arguments(task, call, names, seen["filled"])
        given = {one.name for one in task.arguments if one.origin in GIVEN}
        for name, template in _defaults(before.get(task.operator)).items():
            wanted = seen["filled"].get(template, template)
            if call["how"] in ("call", "submit") and name not in given and call["kwargs"].get(name) != wanted:
                yield f"{task.task_id} is not given its template for {name}"
        new = written.get(task.operator)
        if new is None or ast.unparse(new) == ast.unparse(before.get(task.operator, new)) or _based(new):
            continue
        if _normal(new) != _normal(before[task.operator]):
            yield f"the class {task.operator} of {task.task_id} is another one"
        if not _is_made(ast.parse(text), task.operator, names):
            yield f"{task.operator} is not made with its arguments, or does not do its work"


def _classes(text: str) -> list[ast.ClassDef]:
    try:
        return [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.ClassDef)]
    except SyntaxError:
        return []


def _based(node: ast.ClassDef) -> bool:
    return any(ast.unparse(one).rpartition(".")[2] in BASES for one in node.bases)


def _parameters(node: ast.ClassDef) -> list[str]:
    made = next(
        (one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None
    )
    return [one.arg for one in (*made.args.args[1:], *made.args.kwonlyargs)] if made else []


def templates_of(source: str) -> list[str]:
    """Give the templates that classes have for defaults."""
    return sorted({text for one in _classes(source) for text in _defaults(one).values()})


def _defaults(node: ast.ClassDef | None) -> dict[str, str]:
    """Give the parameters that Airflow renders and that have a template for a default."""
    rendered = [ast.unparse(one) for one in (node.body if node else []) if isinstance(one, ast.Assign)]
    fields = next((one for one in rendered if one.startswith("template_fields")), "")
    found = {}
    for made in node.body if node else []:
        if isinstance(made, ast.FunctionDef) and made.name == "__init__":
            pairs = [*zip(reversed(made.args.args), reversed(made.args.defaults), strict=False),
                     *zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True)]  # fmt: skip
            found = {one.arg: str(value.value) for one, value in pairs if isinstance(value, ast.Constant)}
    return {
        name: text for name, text in found.items()
        if "{{" in text and (f"'{name}'" in fields or f"'_{name}'" in fields)
    }  # fmt: skip


def _arguments(
    task: Task, call: Mapping[str, Any], names: list[str], filled: Mapping[str, str]
) -> Iterator[str]:
    """Every argument that the class takes reaches the call by its name."""
    first = {one.name: one for one in reversed(task.arguments)}
    for argument in first.values():
        value = argument.value
        if argument.name not in names or argument.origin not in GIVEN:
            continue
        if argument.name not in call["kwargs"]:
            yield f"{task.task_id} is not given its {argument.name}"
            continue
        is_known = isinstance(value, int | float) or (isinstance(value, str) and "\u27e6" not in value)
        given = call["kwargs"].get(argument.name)
        wanted = filled.get(str(value), value) if argument.name in task.rendered else value
        if is_known and given not in (wanted, *([value] if argument.name in task.rendered else [])):
            yield f"{task.task_id} is given something else as {argument.name}"


class _Plain(ast.NodeTransformer):
    """Leaves out of a class what only Airflow reads."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return ast.parse("get_run_logger()", mode="eval").body if ast.unparse(node) == "self.log" else node


def _normal(node: ast.ClassDef) -> list[str]:
    """Give the statements of a class and of its functions, without Airflow's."""
    found: list[str] = []
    for one in _copied(node).body:
        if isinstance(one, ast.FunctionDef):
            kept = [each for each in one.body if not _calls_base(each)]
            inner = [ast.unparse(_Plain().visit(each)) for each in kept]
            values = [ast.unparse(each) for each in (*one.args.defaults, *one.args.kw_defaults) if each]
            taken = [] if one.name in DONE else [each.arg for each in (*one.args.args, *one.args.kwonlyargs)]
            found += [one.name, *taken, *values, *inner] if inner else []
        elif not ast.unparse(one).startswith(ONLY_AIRFLOWS):
            found.append(ast.unparse(one))
    return found


def _copied(node: ast.ClassDef) -> ast.ClassDef:
    copy = ast.parse(ast.unparse(node)).body[0]
    if not isinstance(copy, ast.ClassDef):
        raise TypeError("a class is no class")
    return copy


def _calls_base(statement: ast.stmt) -> bool:
    text = ast.unparse(statement)
    airflow = isinstance(statement, ast.ImportFrom) and str(statement.module).startswith("airflow")
    return airflow or (text.startswith("super(") and ").__init__(" in text)


def _is_made(tree: ast.Module, name: str, names: list[str]) -> bool:
    """Say whether a function makes the class with all its arguments and has it do its work."""
    for function in tree.body:
        made = [
            one for one in ast.walk(function) if isinstance(one, ast.Call) and ast.unparse(one.func) == name
        ]
        if not isinstance(function, ast.FunctionDef) or not made:
            continue
        given = {one.arg: ast.unparse(one.value) for one in made[0].keywords}
        body = ast.unparse(function)
        works = f").{DONE['execute']}()" in body or f"wait_until(sensor.{DONE['poke']}," in body
        if given != {one: one for one in names} or not works:
            return False
    return True
