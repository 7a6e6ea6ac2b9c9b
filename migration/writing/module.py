"""Puts the text of one flow file together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

import libcst as cst

from migration.arguments.hooks import only_callback
from migration.arguments.moments import LAST_TICK
from migration.author.source import BUILT_IN, Source, Statement
from migration.writing.blocks import Line
from migration.writing.body import body, passed_to
from migration.writing.formatting import formatted
from migration.writing.header import header
from migration.writing.literals import identifier, quoted
from migration.writing.needs import asked_of_runtime, imported, short_forms
from migration.writing.plain import helpers_for
from migration.writing.plan import Work
from migration.writing.writer import FlowPlan, call_options

RESERVED = {
    "flow", "task", "unmapped", "submit", "expand", "item", "begin", "template", "conf", "logical_date",
    "allow_failure", "goes_to", "goes_on", "chooses", "depends_on_past", "succeeded_before",
    "other_flow_succeeded", "postgres_connection",
}  # fmt: skip


@dataclass(frozen=True)
class Module:
    """One written file."""

    text: str
    flows: tuple[tuple[str, int, tuple[int, ...]], ...]
    """For each DAG: the flow function's name, its line, and each call's line in the plan's order."""


def assembled(source: Source, plans: list[FlowPlan], ruff: str | None) -> Module:
    """Give the file's text, formatted if there is a ruff to do it, and where everything stands."""
    works = _works(plans)
    needed = {name for made in plans for name in made.site.needed}
    needed |= {name for work in works for name in (*work.uses, *([work.function] if work.function else []))}
    kept, _ = source.closure(sorted(needed))
    effects = [one for one in source.statements if one.has_effect and not one.tainted]
    if kept or any("environ" in one.code for one in effects):  # commands see the environment, too
        extra, lacking = source.closure(sorted({name for one in effects for name in one.needs}))
        if not lacking:
            chosen = {id(one) for one in [*kept, *effects, *extra]}
            kept = [one for one in source.statements if id(one) in chosen]
    taken = {name for one in kept for name in one.binds} | RESERVED
    taken |= {name for made in plans for name in made.flow.parameters}
    names, shared = _named(works, plans, kept, taken)
    taken |= set(names.values())
    flow_names = [_free(identifier(made.dag.dag_id, "flow"), taken, "_flow") for made in plans]
    bodies = [body(made, names, shared, taken) for made in plans]
    asked = asked_of_runtime(source, plans, works, kept)
    parts = [_kept_code(kept, works, names, shared)]
    parts += list(dict.fromkeys(helper for work in works for helper in work.helpers))
    parts += [
        _definition(work, names[work.key], shared[work.key]) for work in works if not _in_place(work, names)
    ]
    parts += [
        _flow(made, name, lines, source) for made, name, lines in zip(plans, flow_names, bodies, strict=True)
    ]
    code = "\n\n".join(parts)
    short, from_runtime = helpers_for(asked, short_forms(plans, asked, code))
    if "airflow_hook" in asked - from_runtime and (only := only_callback(code)):
        parts = [part.replace(f"airflow_hook({only[0]})", only[1]) for part in parts]
    parts = [*(helper.code for helper in short), *parts]
    if any("last_tick(" in part for part in parts):
        parts.insert(0, LAST_TICK)
    more = imported(from_runtime) | {line for helper in short for line in helper.imports}
    loosened = {"reportCallIssue"} if any("wait_for=" in part for part in parts) else set()
    loosened |= {"reportArgumentType"} if _passes_futures(plans, kept) else set()
    first = header(source, plans, works, kept, more, loosened)
    text = "\n\n".join([first, *[part for part in parts if part.strip()]]) + "\n"
    for made, name in zip(plans, flow_names, strict=True):
        text = re.sub(rf"\b{made.site.flow_of(made.dag.dag_id)}\b", name, text)
    own = {name for one in kept if not one.is_import for name in one.binds}
    text = formatted(text, ruff, own)
    return Module(
        text,
        tuple(
            _places(text, name, made, lines)
            for name, made, lines in zip(flow_names, plans, bodies, strict=True)
        ),
    )


def _works(plans: list[FlowPlan]) -> list[Work]:
    found: dict[str, Work] = {}
    for made in plans:
        for name in made.order:
            work = made.calls[name].written.work
            found.setdefault(work.key, work)
    return list(found.values())


def _named(
    works: list[Work], plans: list[FlowPlan], kept: list[Statement], taken: set[str]
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Give each work's Prefect task a name, and the options that its definition carries."""
    names: dict[str, str] = {}
    shared: dict[str, dict[str, str]] = {}
    for work in works:
        calls = [call for made in plans for call in made.calls.values() if call.written.work.key == work.key]
        common = dict(call_options(calls[0]))
        for call in calls[1:]:
            own = call_options(call)
            common = {name: text for name, text in common.items() if own.get(name) == text}
        every = [name for name in common if all(name in call_options(call) for call in calls)]
        shared[work.key] = {name: common[name] for name in every}
        called = any(work.function in one.needs and work.function not in one.binds for one in kept)
        called = called or _is_in_options(work.function, plans) or _is_before(work, shared[work.key], kept)
        alone = sum(one.function == work.function for one in works) == 1
        if work.function and not called and alone:
            names[work.key] = work.function
        else:
            name, ending = (f"{work.name}_task", "") if work.function else (work.name, "_task")
            names[work.key] = _free(identifier(name), taken, ending)
            taken.add(names[work.key])
    return names, shared


def _is_before(work: Work, options: dict[str, str], kept: list[Statement]) -> bool:
    """Say whether the function stands before what its options name, so that it cannot be decorated there."""
    names = set(re.findall(r"\w+", " ".join(text for name, text in options.items() if name != "name")))
    at = [number for number, one in enumerate(kept) if work.function in one.binds]
    return bool(at) and any(names & one.binds for one in kept[at[-1] + 1 :])


def _is_in_options(function: str, plans: list[FlowPlan]) -> bool:
    """Say whether a task's options name the function, as a callback: it stays a function, then."""
    calls = [call for made in plans for call in made.calls.values()]
    texts = [text for call in calls for name, text in call_options(call).items() if name != "name"]
    return bool(function) and any(re.search(rf"\b{function}\b", text) for text in texts)


def _free(name: str, taken: set[str], ending: str = "") -> str:
    """Give a name that is not taken yet, with the ending if it is, or a number."""
    stem = f"{name}{ending}"
    numbered = (f"{stem}_{number}" for number in count(2))
    free = next(one for one in chain((name, stem), numbered) if one not in taken)
    taken.add(free)
    return free


def _in_place(work: Work, names: dict[str, str]) -> bool:
    return bool(work.function) and names[work.key] == work.function


def _decorator(options: dict[str, str], function: str = "") -> str:
    """Give Prefect's decorator; a task that is called like its function takes its name from there."""
    if function and options.get("name") == f'"{function}"':
        options = {name: text for name, text in options.items() if name != "name"}
    shown = ", ".join(f"{name}={text}" for name, text in options.items())
    return f"task({shown})" if shown else "task"


def _kept_code(
    kept: list[Statement], works: list[Work], names: dict[str, str], shared: dict[str, dict[str, str]]
) -> str:
    decorated = {work.function: work for work in works if _in_place(work, names)}
    parts = []
    for statement in kept:
        if statement.is_import:
            continue
        node = statement.node
        if isinstance(node, cst.FunctionDef) and node.name.value in decorated:
            work = decorated[node.name.value]
            named = "" if node.decorators or work.with_context else node.name.value
            node = _with_decorators(node, _decorator(shared[work.key], named), work)
        parts.append(cst.Module([]).code_for_node(node).rstrip("\n"))
    return "\n".join(parts)


def _around(work: Work) -> list[str]:
    """Give the decorators between Prefect's and the function."""
    ways = [f"chooses({', '.join(quoted(one) for one in work.ways)})"] if work.ways else []
    past = ["depends_on_past"] if work.past else []
    return [*ways, *past, *(["with_context"] if work.with_context else [])]


def _with_decorators(node: cst.FunctionDef, text: str, work: Work) -> cst.FunctionDef:
    added = [cst.Decorator(cst.parse_expression(one)) for one in (text, *_around(work))]
    return node.with_changes(decorators=[*added, *node.decorators])


def _definition(work: Work, name: str, options: dict[str, str]) -> str:
    if work.function or work.code.startswith("@VALUE@"):
        inner = work.function or work.code.removeprefix("@VALUE@")
        if inner in BUILT_IN:
            inner = f"lambda *args, **kwargs: {inner}(*args, **kwargs)"
        for one in reversed(_around(work)):
            inner = f"{one}({inner})"
        return f"{name} = {_decorator(options)}({inner})"
    lines = [f"@{one}\n" for one in (_decorator(options, "" if work.with_context else name), *_around(work))]
    return f"{''.join(lines)}{work.code.replace('@NAME@', name)}"


def _docstring(made: FlowPlan, source: Source) -> str:
    """Give the flow its documentation, unless it is the module's."""
    text = made.flow.docstring
    if not text or text.strip() == (source.docstring or "").strip() or '"""' in text:
        return ""
    shown = text.replace("\\", "\\\\").strip()
    ending = "\n    " if "\n" in shown or shown.endswith('"') else ""
    lines = "\n".join(f"    {line}".rstrip() for line in shown.splitlines()).strip()
    return f'    """{lines}{ending}"""\n'


def _flow(made: FlowPlan, name: str, lines: list[Line], source: Source) -> str:
    parameters = [f"{key}={text}" for key, text in made.flow.parameters.items()]
    if made.tracked:
        kind = "datetime" if made.site.with_moments else "str"
        parameters += [f"logical_date: {kind} | None = None", "conf: dict | None = None"]
    elif made.site.with_moments:
        parameters.append("logical_date: datetime | None = None")
    if made.site.with_conf and not made.tracked:
        parameters.append("conf: dict | None = None")
    options = ", ".join(
        f"{key}={text}" for key, text in {"name": f'"{made.dag.dag_id}"', **made.flow.options}.items()
    )
    inside = (
        _docstring(made, source) + "\n".join(_indented(line) for line in lines)
        or '    """A DAG without tasks."""'
    )
    return f"@flow({options})\ndef {name}({', '.join(parameters)}):\n{inside}"


def _indented(line: Line) -> str:
    """Indent the first line only: what follows in it belongs to a text in triple quotes."""
    return f"{'    ' * (1 + line.depth)}{line.text}"


def _passes_futures(plans: list[FlowPlan], kept: list[Statement]) -> bool:
    """Say whether a future is passed to a function with types of its own."""
    functions = [one.node for one in kept if isinstance(one.node, cst.FunctionDef)]
    untyped = {one.name.value for one in functions if all(p.annotation is None for p in one.params.params)}
    return any(
        passed_to(call) and call.written.work.function not in untyped
        for made in plans
        if not (made.linear or made.tracked)
        for call in made.calls.values()
    )


def _places(text: str, name: str, made: FlowPlan, lines: list[Line]) -> tuple[str, int, tuple[int, ...]]:
    function = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == name)
    has_docstring = ast.get_docstring(function) is not None
    written = [one.lineno for one in _simple(function.body)][has_docstring:]
    at = dict(zip([line.task for line in lines if not line.opens], written, strict=False))
    return name, function.lineno, tuple(at[task_id] for task_id in made.order)


def _simple(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements without blocks of their own, in order."""
    for one in body:
        if isinstance(one, ast.If):
            yield from _simple(one.body)
            yield from _simple(one.orelse)
        else:
            yield one
