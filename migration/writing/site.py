"""Where a construct writes: the flow's module as it grows."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from pathlib import Path
from typing import Any

import libcst as cst

from migration.arguments.moments import Moments
from migration.arguments.templates import Names, plain_text
from migration.author.carry import carried_operator
from migration.author.conf import CONF
from migration.author.functions import Signature, signature_of
from migration.author.operators import Operator
from migration.author.source import Source
from migration.graph import Dag, Task
from migration.standin.symbols import OPEN
from migration.writing.literals import Values, quoted
from migration.writing.plan import Code, RefusedError

FLOW_OF = "flow_of_"
JINJA = ("{{", "{%", "{#")


@dataclass
class Site:
    """One DAG's building site."""

    dag: Dag
    source: Source
    file: Path
    style: int
    """3 for a file written for Airflow 3, else 2: they differ in what the logical date is."""
    needed: set[str] = field(default_factory=set)
    """The author's names that the module must give."""
    imports: set[str] = field(default_factory=set)
    runtime: set[str] = field(default_factory=set)
    moments: Moments | None = None
    """How the run's dates are written in plain Python, if they can be."""
    with_moments: bool = False
    """The flow needs its variable `logical_date`."""
    with_conf: bool = False
    """The flow needs its parameter `conf`."""
    may_raise: bool = False
    """A template of the flow's raises where conf lacks a key, as Airflow's does in the task."""
    raising: bool = True
    """Such templates may be plain Python."""
    own_params: dict[str, Any] = field(default_factory=dict)
    """Parameters of single tasks that the flow takes."""
    plain_rules: bool = True
    """Branches and trigger rules may be plain Python."""
    roots: Sequence[Path] = ()
    """Folders that the author's modules are imported from."""

    def flow_of(self, dag_id: str) -> str:
        """Give what stands for the flow of another DAG of this file until flows have their names."""
        return f"{FLOW_OF}{dag_id.encode().hex()}"

    def values(self) -> Values:
        """Give a writer of values that finds the author's functions."""
        return Values(self.callable_name, _no_results)

    def callable_name(self, reference: Mapping[str, Any]) -> str:
        """Give the expression that names a function of the author's.

        Raises RefusedError where the flow's module cannot have it.
        """
        name, line = str(reference["$callable"]), int(reference["line"])
        if reference["file"] != str(self.source.path):
            return self._imported(name, str(reference["module"]))
        if "<lambda>" in name:
            text = self.source.lambda_at(line)
            if text is None:
                raise RefusedError("several lambdas on one line; give each a name")
            self.require(_names_in(text))
            return text
        statement = self.source.at_line(line)
        if statement is None:
            raise RefusedError(f"the function {name} is made in a way that cannot be followed")
        local = next(iter(statement.binds))
        if self.source.defining(local) is not statement:
            raise RefusedError(f"the name {local} stands for something else later in the file; rename one")
        self.require([local])
        return local

    def require(self, names: list[str]) -> None:
        """Ask for names of the author's.

        Raises RefusedError if the flow's module cannot have them.
        """
        _, lacking = self.source.closure(names)
        if lacking:
            shown = ", ".join(sorted(lacking))
            raise RefusedError(f"it uses {shown}, which only exists while Airflow builds the DAG")
        self.needed.update(names)

    def _imported(self, name: str, module: str) -> str:
        if module == "builtins":
            return name
        module = "os" if module == "posix" else module
        first, _, rest = name.partition(".")
        for statement in self.source.statements:
            if statement.is_import and not statement.tainted:
                for local, origin in _bound(statement.code):
                    if origin.split(".")[-1] == first and origin.rpartition(".")[0].split(".")[-1] in module:
                        self.require([local])
                        return f"{local}.{rest}" if rest else local
                    if origin == module or (origin and module.endswith(origin)):
                        self.require([local.split(".")[0]])
                        return f"{local}.{name}"
        own = self.source.defining(first) if module.endswith(self.file.stem) else None
        if own is not None and isinstance(own.node, cst.ClassDef):
            self.require([first])
            return name
        raise RefusedError(f"the function {module}.{name} is not imported by name in this file")

    def signature(self, reference: Any) -> Signature | None:
        """Read an author's function of this file; None for others."""
        if not isinstance(reference, dict) or reference.get("file") != str(self.source.path):
            return None
        line = int(reference["line"])
        if "<lambda>" in str(reference["$callable"]):
            return signature_of(self.source.lambda_at(line) or "")
        statement = self.source.at_line(line)
        return signature_of(statement.code) if statement is not None else None

    def operator_alone(self, name: str) -> Operator | None:
        """Give a class of this file whose work needs nothing of Airflow; it has no base any more then."""
        return self.source.operator_alone(name) if self.plain_rules else None

    def operator_carried(self, name: str) -> Operator | None:
        """Give a class of a module that goes along and whose work needs no context."""
        return carried_operator(name, self.source, self.roots) if self.plain_rules else None

    def moment(self, name: str, task: Task) -> str | None:
        """Give the plain expression for a name of Airflow's context, if there is one."""
        if name == "params" and not task.get("params"):
            return (
                f"{{{', '.join(f'{quoted(one)}: {one}' for one in self.dag.arguments.get('params') or {})}}}"
            )
        if name == CONF:
            return CONF if self._takes_conf() else None
        return None if self.moments is None else self.moments.named(name)

    def _takes_conf(self) -> bool:
        """Say whether the flow's `conf` is all that a run is told: else it changes parameters, too."""
        own = [self.dag.arguments.get("params"), *(task.get("params") for task in self.dag.tasks)]
        return not any(own) and not any(CONF in one.binds for one in self.source.statements)

    def templated(self, value: Any, task: Task) -> tuple[Any, bool]:
        """Give a value, as a template if Airflow would render it; say whether it is one."""
        value = as_jinja_reads(value)
        if not _has_jinja(value):
            return value, False
        names = Names()
        plain = self._plain(value, task, names)
        if plain is not None and self._gives(names, task):
            return plain, False
        params = task.get("params") or {}
        written = self.values()
        for key in params:
            if not key.isidentifier() or iskeyword(key):
                raise RefusedError(f"the parameter {key!r} is not a Python name", "params")
        shown = "".join(f", {key}={written.write(one)}" for key, one in params.items())
        text = f"template({written.write(value)}{shown})"
        self.runtime.update({"template"} | written.runtime)
        self.imports.update(written.imports)
        return Code(text), True

    def _gives(self, names: Names, task: Task) -> bool:
        """Say whether the flow can have what a template needs, and let it have that."""
        hooked = any(task.get(one) for one in ("on_failure_callback", "on_retry_callback", "email"))
        if (names.conf and not self._takes_conf()) or (names.may_raise and (hooked or not self.raising)):
            return False
        self.with_moments = self.with_moments or names.dates
        self.with_conf = self.with_conf or names.conf
        self.may_raise = self.may_raise or names.may_raise
        self.own_params |= names.own
        return True

    def _plain(self, value: Any, task: Task, names: Names) -> Any:
        """Give templates of what the flow knows as f-strings; None if there is more to them."""
        if not _has_jinja(value):
            return value
        if isinstance(value, str):
            text = None if OPEN in value else plain_text(value, self.moments, task, self.dag, names)
            return None if text is None else Code(text)
        if isinstance(value, list):
            written = [self._plain(one, task, names) for one in value]
            return None if None in written else written
        if isinstance(value, dict) and not any(key.startswith("$") for key in value):
            found = {key: self._plain(one, task, names) for key, one in value.items()}
            return None if None in found.values() else found
        return None

    def text_file(self, name: str) -> str:
        """Read a template file that an argument names.

        Raises RefusedError if it is not where Airflow would look.
        """
        searched = self.dag.arguments.get("template_searchpath") or []
        folders = [self.file.parent, *(searched if isinstance(searched, list) else [searched])]
        for folder in folders:
            path = Path(str(folder)) / name
            if path.is_file():
                return path.read_text(encoding="utf-8")
        raise RefusedError(f"Airflow would read the file {name}, which is not next to the DAG file")


def _no_results(task_id: str, key: str, steps: list[Any]) -> str:
    raise RefusedError(f"the result of {task_id} stands where only a fixed value can")


def as_jinja_reads(value: Any) -> Any:
    """Give texts as Jinja reads them, without the last line's end: Airflow renders all, templates or not."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    if isinstance(value, list):
        return [as_jinja_reads(one) for one in value]
    if isinstance(value, dict) and not any(key in value for key in ("$callable", "$computed", "$symbol")):
        return {key: as_jinja_reads(one) for key, one in value.items()}
    return value


def _has_jinja(value: Any) -> bool:
    if isinstance(value, str):
        return any(sign in value for sign in JINJA)
    if isinstance(value, dict):
        return any(_has_jinja(one) for one in value.values())
    return isinstance(value, list) and any(_has_jinja(one) for one in value)


def _names_in(text: str) -> list[str]:
    tree = ast.parse(text, mode="eval")
    own = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
    return sorted({one.id for one in ast.walk(tree) if isinstance(one, ast.Name)} - own)


def _bound(code: str) -> list[tuple[str, str]]:
    found = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found += [(one.asname or one.name, f"{module}.{one.name}") for one in node.names]
        elif isinstance(node, ast.Import):
            found += [(one.asname or one.name, one.name) for one in node.names]
    return found
