"""The author's own modules that a flow imports: they go along, with Airflow's names replaced."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import libcst as cst

from migration.author.operators import ASKS, Operator, operator_of
from migration.author.rewrite import SHIMS, Rewriter
from migration.author.shims import short_shims
from migration.author.source import BUILT_IN, Source

TAKEN = sys.stdlib_module_names | {"prefect"}
"""Modules that flows need, whatever the author's files are called."""


@dataclass
class Carried:
    """The modules that go along."""

    texts: dict[Path, str] = field(default_factory=dict)
    problems: dict[Path, str] = field(default_factory=dict)
    """Modules that need of Airflow what the runtime does not give."""
    roots: set[Path] = field(default_factory=set)
    """Folders that must be on the import path."""


def modules_of(text: str) -> Iterator[str]:
    """Give the modules that a text imports, at any depth."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def local_file(module: str, roots: Sequence[Path]) -> tuple[Path, Path] | None:
    """Give the file of an author's module and the root that it was found under."""
    relative = Path(*module.split("."))
    for root in roots:
        for candidate in (root / relative.with_suffix(".py"), root / relative / "__init__.py"):
            if candidate.is_file():
                return candidate, root
    return None


def carry(text: str, roots: Sequence[Path], carried: Carried) -> str | None:
    """Take along what a text imports, and what that imports; give the first problem, if there is one."""
    problem = None
    for module in modules_of(text):
        parts = module.split(".")
        if parts[0] in TAKEN:
            continue  # Airflow, too, finds Python's own first
        for length in range(1, len(parts) + 1):
            found = local_file(".".join(parts[:length]), roots)
            if found is None:
                continue
            file, root = found
            carried.roots.add(root)
            if file not in carried.texts:
                carried.texts[file] = ""  # seen, so that modules may import each other
                _take(file, roots, carried)
            problem = problem or carried.problems.get(file)
    return problem


def _take(file: Path, roots: Sequence[Path], carried: Carried) -> None:
    try:
        text, lacking = rewritten(file)
    except (SyntaxError, ValueError, cst.ParserSyntaxError) as error:
        carried.problems[file] = f"{file.name} is not readable ({type(error).__name__})"
        return
    carried.texts[file] = text
    if lacking:
        carried.problems[file] = f"{file.name} uses {', '.join(sorted(lacking))} of Airflow"
    inner = carry(text, roots, carried)
    if inner is not None:
        carried.problems.setdefault(file, inner)


def rewritten(file: Path) -> tuple[str, set[str]]:
    """Give a module's text without Airflow, and the names of Airflow's that it still needs.

    Raises SyntaxError or libcst.ParserSyntaxError.
    """
    source = Source(file)
    if not source.airflow_names:
        return source.text, set()
    module = source.module.visit(Rewriter(source.airflow_names))
    used = {node.id for node in ast.walk(ast.parse(module.code)) if isinstance(node, ast.Name)}
    shims = sorted(used & SHIMS & set(source.airflow_names))
    lacking = {
        name for name in used & set(source.airflow_names) if name not in SHIMS and name not in BUILT_IN
    }
    short = short_shims(shims, module.code)
    if not shims:
        return module.code, lacking
    if set(short) != set(shims):
        return _with(module, [f"from replant_runtime import {', '.join(shims)}"], []).code, lacking
    imports = sorted({line for helper in short.values() for line in helper.imports})
    return _with(module, imports, [short[name].code for name in shims]).code, lacking


def _with(module: cst.Module, imports: Sequence[str], definitions: Sequence[str]) -> cst.Module:
    """Put imports behind the docstring and the __future__ imports, and definitions behind all imports."""
    place = last = 0
    for number, node in enumerate(module.body):
        code = cst.Module(body=[node]).code.strip()
        if (number == 0 and code[:1] in "\"'rR") or code.startswith("from __future__"):
            place = number + 1
        if code.startswith(("import ", "from ")):
            last = number + 1
    last = max(place, last)
    added = [cst.parse_statement(line) for line in imports]
    defined = [cst.parse_statement(f"\n\n{code}") for code in definitions]
    return module.with_changes(
        body=[*module.body[:place], *added, *module.body[place:last], *defined, *module.body[last:]]
    )


def carried_operator(name: str, source: Source, roots: Sequence[Path]) -> Operator | None:
    """Give an operator class out of a module of the author's, if its work needs no context."""
    given = [one for one in source.statements if one.is_import and name in one.binds and not one.tainted]
    if len(given) != 1:
        return None
    carried = Carried()
    carry(given[0].code, roots, carried)
    texts = [file.read_text(encoding="utf-8") for file in carried.texts]
    if carried.problems or any(word in text for text in texts for word in ASKS):
        return None
    classes = [
        ast.get_source_segment(text, node) or ""
        for text in texts
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == name
    ]
    return operator_of(classes[0]) if len(classes) == 1 else None
