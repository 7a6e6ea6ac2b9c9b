"""One DAG file: recorded, planned, written."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import libcst as cst

from migration.arguments.computed import placed
from migration.arguments.limits import limits_of
from migration.arguments.moments import moments_of
from migration.author.carry import Carried, carry
from migration.author.connections import connect_by_name
from migration.author.database_hooks import lacking
from migration.author.source import Source
from migration.graph import Dag, Recording
from migration.manifest import DagResult, result_of
from migration.writing.module import Module, assembled
from migration.writing.order import topological
from migration.writing.passing import passed
from migration.writing.plan import REFUSED, Claim, Item
from migration.writing.site import Site
from migration.writing.writer import FlowPlan, plan


@dataclass(frozen=True)
class FileResult:
    """One file's conversion."""

    path: Path
    recording: Recording
    text: str = ""
    dags: tuple[DagResult, ...] = ()
    deployments: tuple[tuple[str, dict[str, Any]], ...] = ()
    """(flow function, what its deployment needs)."""
    carried: Carried = field(default_factory=Carried)
    crash: str = ""
    """An error of the converter's own."""

    @property
    def uses_runtime(self) -> bool:
        """Say whether the flow file imports the runtime."""
        return "from replant_runtime import" in self.text


def convert_file(
    recording: Recording, roots: Sequence[Path], ruff: str | None, plain_rules: bool = True
) -> FileResult:
    """Give the flow file of a recorded DAG file. Never raises: an error of ours is in `crash`.

    `plain_rules`: write branches and trigger rules as plain Python where that keeps their meaning.
    """
    path = Path(recording.path)
    wrong = _unreadable(path) or _twice(recording) or _cycle(recording)
    if wrong and recording.reason is None:
        recording = Recording(path=recording.path, reason=wrong)
    if recording.reason is not None or not recording.dags:
        return FileResult(path, recording)
    try:
        return _converted(path, recording, roots, ruff, plain_rules)
    except Exception as error:  # noqa: BLE001 - one file's trouble must not stop the rest; it is counted
        text = f"{type(error).__name__}: {error}"[:300]
        dags = tuple(
            DagResult(
                dag.dag_id,
                "",
                (Item("dag", dag.dag_id, dag.spot.line, 0, REFUSED, f"internal error: {text}"),),
                False,
            )
            for dag in recording.dags
        )
        return FileResult(path, recording, dags=dags, crash=text)


def _unreadable(path: Path) -> str:
    """Python runs a file with a few wrong bytes in its comments; nothing else can read it."""
    try:
        with tokenize.open(path) as stream:
            stream.read()
    except (UnicodeDecodeError, SyntaxError) as error:
        return f"its text is not in the encoding that it declares ({error}); save it as UTF-8"
    except OSError:
        pass  # an error of the converter's own; it is told below
    return ""


def _twice(recording: Recording) -> str:
    """Airflow keeps only the last of several DAGs with the same id."""
    seen: dict[str, int] = {}
    for dag in recording.dags:
        if dag.dag_id in seen:
            lines = f"lines {seen[dag.dag_id]} and {dag.spot.line}"
            return f"{lines}: the DAG id {dag.dag_id!r} is used twice; Airflow keeps the last, rename one"
        seen[dag.dag_id] = dag.spot.line
    return ""


def _cycle(recording: Recording) -> str:
    """Airflow does not load a DAG whose tasks wait for each other."""
    for dag in recording.dags:
        try:
            topological(dag)
        except ValueError as error:
            return f"line {dag.spot.line}: {error}"
    return ""


EXPORTED = "AIRFLOW_CTX_"
CONTEXTUAL = ("xcom_", "get_current_context")
"""What a module has that may push and pull by itself."""


def _converted(
    path: Path, recording: Recording, roots: Sequence[Path], ruff: str | None, plain_rules: bool
) -> FileResult:
    how = Plain(plain_rules, plain_rules)
    while True:
        source, plans, xcoms = _plans(path, recording, roots, how)
        if xcoms and any(made.tracked for made in plans):
            how = replace(how, xcoms=False)
            continue
        if any(made.site.may_raise and not made.linear for made in plans):
            how = replace(how, raising=False)
            continue
        module = assembled(source, plans, ruff)
        carried = Carried()
        problem = carry(module.text, roots, carried)
        if xcoms and any(word in text for text in carried.texts.values() for word in CONTEXTUAL):
            how = replace(how, xcoms=False)
            continue
        if not (how.dates and _two_meanings(module.text)):
            break
        how = replace(how, dates=False)
    problems = [(line, f"the recorder had to guess: {what}") for line, what in recording.doubts]
    if names := _two_meanings(module.text):
        shown = ", ".join(names)
        problems.append(
            (1, f"two imports give {shown}, of yours and of the flow; import yours by other names")
        )
    if any(EXPORTED in text for text in (module.text, *carried.texts.values())):
        problems.append((1, f"it reads {EXPORTED}…, which only Airflow puts into a task's environment"))
    if gaps := lacking((module.text, *carried.texts.values())):
        problems.append((1, f"PostgresHook has no {', '.join(gaps)} in the flow; use a cursor of get_conn()"))
    if problem is not None:
        problems.append((1, f"a module of the author's cannot go along: {problem}"))
    results = tuple(result_of(made, module, number, problems, xcoms) for number, made in enumerate(plans))
    deployments = tuple(
        (name, _deployment(made)) for (name, _, _), made in zip(module.flows, plans, strict=True)
    )
    return FileResult(path, recording, module.text, results, deployments, carried)


@dataclass(frozen=True)
class Plain:
    """What may be plain Python."""

    rules: bool
    xcoms: bool
    dates: bool = True
    raising: bool = True
    """Templates that raise in the flow instead of the task, which comes to the same in a line of tasks."""


def _plans(
    path: Path, recording: Recording, roots: Sequence[Path], how: Plain
) -> tuple[Source, list[FlowPlan], Mapping[tuple[str, str], Claim]]:
    """Give the file's statements, its DAGs' plans, and what became of XComs that became results."""
    resolved = str(path.resolve())
    source = Source(
        Path(resolved), wanted_lines(recording.dags, resolved), building_lines(recording.dags, resolved)
    )
    connect_by_name(source)
    style = style_of(source)
    found = passed(recording.dags, source) if how.xcoms else None
    dags = recording.dags if found is None else found.dags
    plans = [_planned(dag, source, path, style, recording.doubts, roots, how) for dag in dags]
    return source, plans, {} if found is None else found.notes


def _planned(
    dag: Dag,
    source: Source,
    path: Path,
    style: int,
    doubts: tuple[tuple[int, str], ...],
    roots: Sequence[Path],
    how: Plain,
) -> FlowPlan:
    moments = moments_of(dag, style) if how.dates else None
    site = Site(
        dag, source, path, style, moments=moments, plain_rules=how.rules, raising=how.raising, roots=roots
    )
    return plan(placed(dag, site), site, set(), doubts)


def _two_meanings(text: str) -> list[str]:
    """Give the imported names that stand for something of the author's and something else of the flow's."""
    origins: dict[str, set[str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            for one in node.names:
                origins.setdefault(one.asname or one.name, set()).add(f"{module}.{one.name}")
    return sorted(name for name, known in origins.items() if len(known) > 1)


def _deployment(made: FlowPlan) -> dict[str, Any]:
    owners = sorted({str(t.get("owner")) for t in made.dag.tasks if isinstance(t.get("owner"), str)})
    tags = [*made.flow.deployment.get("tags", []), *(f"owner:{owner}" for owner in owners if owner)]
    return {
        **made.flow.deployment,
        "tags": tags,
        "dag_id": made.dag.dag_id,
        "limits": limits_of((call.task for call in made.calls.values() if not call.refusal), made.dag),
        "inside": made.dag.inside,
    }


def style_of(source: Source) -> int:
    """Give 3 for a file that only Airflow 3 imports, else 2."""
    origins = set(source.airflow_names.values())
    new = any(one.startswith(("airflow.sdk", "airflow.providers.standard")) for one in origins)
    return 3 if new else 2


def wanted_lines(dags: Sequence[Dag], file: str) -> list[int]:
    """Give the lines of the functions that the graph refers to."""
    found: list[int] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if "$callable" in value and value["file"] == file:
                found.append(int(value["line"]))
            for one in value.values():
                look(one)
        elif isinstance(value, list):
            for one in value:
                look(one)

    for dag in dags:
        look(dict(dag.arguments))
        for task in dag.tasks:
            look([argument.value for argument in task.arguments])
    return found


def building_lines(dags: Sequence[Dag], file: str) -> list[int]:
    """Give the lines that build the graph: of DAGs, groups, tasks and edges."""
    found: set[int] = set()
    for dag in dags:
        found.update(line for name, line in dag.spot.calls if name == file)
        for task in dag.tasks:
            found.update(line for name, line in task.spot.calls if name == file)
        found.update(edge.line for edge in dag.edges)
        found.update(group.line for group in dag.groups)
    return sorted(found - {0})


__all__ = ["FileResult", "Module", "convert_file", "cst"]
