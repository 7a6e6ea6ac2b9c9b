"""Templates that an operator class of the author's makes by itself: Airflow renders them, a flow does not."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from migration.author.carry import Carried, carry
from migration.author.source import Source

SIGNS = ("{{", "{%")


def inner_template(name: str, source: Source, roots: Sequence[Path], given: Collection[str]) -> str | None:
    """Give the first template that a class with `template_fields` has inside; None if there is none.

    `given`: the arguments that the flow gives, whose defaults do not count.
    """
    classes = _all_classes(name, source, roots)
    if not any(_stored(node, "template_fields") for node, _ in classes):
        return None
    for node, tree in classes:
        for text in _texts(node, tree, given):
            if any(sign in text for sign in SIGNS):
                return text
    return None


def file_endings(name: str, source: Source, roots: Sequence[Path]) -> tuple[str, ...]:
    """Give the endings of files that Airflow reads for a class's `template_fields`."""
    stored = [one for node, _ in _all_classes(name, source, roots) for one in _stored(node, "template_ext")]
    values = [part for one in stored if one.value is not None for part in ast.walk(one.value)]
    return tuple(
        one.value for one in values
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value
    )  # fmt: skip


def _all_classes(name: str, source: Source, roots: Sequence[Path]) -> list[tuple[ast.ClassDef, ast.Module]]:
    carried = Carried()
    carry("\n".join(one.code for one in source.statements if one.is_import), roots, carried)
    files = [file.read_text(encoding="utf-8") for file in carried.texts]
    return list(_classes(name, [ast.parse(text) for text in (source.text, *files)], set()))


def _classes(
    name: str, trees: Sequence[ast.Module], seen: set[str]
) -> Iterator[tuple[ast.ClassDef, ast.Module]]:
    """Give a class and those of the author's that it builds on."""
    if name in seen:
        return
    seen.add(name)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == name:
                yield node, tree
                for base in node.bases:
                    yield from _classes(ast.unparse(base).rpartition(".")[2], trees, seen)


def _stored(node: ast.ClassDef, name: str) -> list[ast.Assign | ast.AnnAssign]:
    stored = [one for one in node.body if isinstance(one, ast.Assign | ast.AnnAssign)]
    return [one for one in stored if ast.unparse(one).partition("=")[0].partition(":")[0].strip() == name]


def _texts(node: ast.ClassDef, tree: ast.Module, given: Collection[str]) -> Iterator[str]:
    """Give the texts of the class itself and of its `__init__`, also by a constant's name."""
    parts: list[ast.AST] = [one for one in node.body if isinstance(one, ast.Assign | ast.AnnAssign)]
    parts += [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    used = {one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name)}
    for one in tree.body:
        if isinstance(one, ast.Assign) and any(ast.unparse(target) in used for target in one.targets):
            parts.append(one.value)
    for part in parts:
        left_out = list(_defaults(part, given))
        for inner in ast.walk(part):
            if any(inner is one for one in left_out) or not isinstance(inner, ast.Constant):
                continue
            if isinstance(inner.value, str) and not _is_doc(inner, part):
                yield inner.value


def _defaults(part: ast.AST, given: Collection[str]) -> Iterator[ast.expr]:
    """Give the defaults of a function's arguments that are given."""
    if isinstance(part, ast.FunctionDef):
        arguments = part.args
        pairs = [*zip(reversed(arguments.args), reversed(arguments.defaults), strict=False),
                 *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]  # fmt: skip
        yield from (value for one, value in pairs if value is not None and one.arg in given)


def _is_doc(text: ast.Constant, part: ast.AST) -> bool:
    first = part.body[0] if isinstance(part, ast.FunctionDef) else None
    return isinstance(first, ast.Expr) and first.value is text
