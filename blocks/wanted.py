"""What is to stand in Prefect for each setting of Airflow."""

from __future__ import annotations

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from airflow_client.records import Connection, Variable
from blocks.database_targets import DATABASES
from blocks.names import block_name, is_block_name, is_variable_name, variable_name
from blocks.sensitive import SensitiveRules
from blocks.service_targets import SERVICES, SLACK_WEBHOOK_SLUG
from blocks.settings import Found, Setting, extras, reference, structure
from blocks.targets import GENERIC, BlockType, Mapped, Unsuited, generic, not_carried

VARIABLE = "variable"
SECRET = "secret"  # noqa: S105 - the slug of a block type
LONGEST_VALUE = 4999
"""Bytes of JSON; Prefect refuses a Variable from 5,000 on."""
TAGS = ("airflow",)
TYPES: Mapping[str, tuple[BlockType, ...]] = DATABASES | {name: (kind,) for name, kind in SERVICES.items()}
SLUGS = frozenset(
    {SECRET, GENERIC.slug, SLACK_WEBHOOK_SLUG} | {kind.slug for kinds in TYPES.values() for kind in kinds}
)
_MASKS = ("***", "*" * 8)  # Airflow's, and Prefect's: writing the second over a secret leaves the old one


@dataclass(frozen=True)
class Rules:
    """What the user, or the pipelines, say about settings."""

    sensitive: SensitiveRules = field(default_factory=SensitiveRules)
    names: Mapping[str, str] = field(default_factory=dict)
    """`variable/KEY` or `connection/ID` -> `NAME` or `TYPE/NAME`, where the usual name is not wanted."""


@dataclass(frozen=True)
class Wanted:
    """One setting and what is to mirror it."""

    setting: Setting
    source: str
    slug: str
    """`variable`, or the slug of a block type."""
    name: str
    data: Mapping[str, Any] = field(repr=False)
    """Of a Variable: its `value`."""
    notes: tuple[str, ...] = ()
    conflict: str | None = None

    @property
    def reference(self) -> str:
        """Airflow's side: `connection/ID`."""
        return reference(self.setting)

    @property
    def target(self) -> str:
        """Prefect's side: `SLUG/NAME`."""
        return f"{self.slug}/{self.name}"


def wanted(found: Iterable[Found], rules: Rules) -> tuple[Wanted, ...]:
    """Say for each setting what is to mirror it; two that would meet in one name are conflicts."""
    each = [_of_variable(item, rules) if isinstance(item.setting, Variable) else _of_connection(item, rules)
            for item in found]  # fmt: skip
    by_target = defaultdict(list)
    for item in each:
        by_target[item.target].append(item.reference)
    return tuple(_checked(item, by_target[item.target]) for item in each)


def _checked(item: Wanted, same_target: list[str]) -> Wanted:
    conflict = item.conflict
    if conflict is None and len(same_target) > 1:
        others = ", ".join(sorted(name for name in same_target if name != item.reference))
        conflict = f"would share the name {item.target} with {others}; give one a name under [names]"
    if conflict is None and not (is_variable_name if item.slug == VARIABLE else is_block_name)(item.name):
        conflict = f"Prefect does not take the name {item.name!r}; give another one under [names]"
    return replace(item, conflict=conflict or unwritable(item.setting))


def unwritable(setting: Setting) -> str | None:
    """Say why a setting's values cannot be written to Prefect, without them."""
    texts = (
        [setting.value] if isinstance(setting, Variable) else [setting.password, setting.extra, setting.host]
    )
    values = [*texts, *((extras(setting) or {}).values() if isinstance(setting, Connection) else ())]
    if any(value in _MASKS for value in values):
        return (
            "a value is a mask (***), not the value; read it with --airflow-python, which gives it unmasked"
        )
    try:
        json.dumps(vars(setting), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "a value is no valid Unicode text"
    return None


def _of_variable(found: Found, rules: Rules) -> Wanted:
    variable = found.setting
    assert isinstance(variable, Variable)  # noqa: S101
    slug, name = _named(found.setting, rules)
    value = structure(variable.value)
    notes = list(found.notes)
    why = rules.sensitive.why_secret(variable)
    if slug is None:
        size = len(
            json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        )
        slug = VARIABLE if why is None and size <= LONGEST_VALUE else SECRET
        if why is not None:
            notes.append(f"secret: {why}")
        elif slug == SECRET:
            notes.append("longer than Prefect's Variables may be: a Secret block")
    conflict = found.conflict
    data: dict[str, Any] = {"value": value if slug == VARIABLE else secret_value(variable.value)}
    if slug == SLACK_WEBHOOK_SLUG:
        data = {"url": variable.value}
    elif slug not in (VARIABLE, SECRET):
        conflict = (
            f"a Variable cannot become a {slug}; [names] may say variable, secret, {SLACK_WEBHOOK_SLUG}"
        )
    elif slug == VARIABLE and why is not None:
        conflict = f"it is secret ({why}), but [names] says variable; list it under [sensitive] plain"
    name = name or (variable_name if slug == VARIABLE else block_name)(variable.key)
    return Wanted(variable, found.source, slug, name, data, tuple(notes), conflict)


def secret_value(text: str) -> Any:
    """Give what `Secret.get()` turns back into the value: it reads any text as JSON if it can."""
    value = structure(text)
    if not isinstance(value, str):
        return value
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(text)


def text_of_secret(value: Any) -> str:
    """Give the Variable's text out of a Secret's value: what `Secret.get()` gives, as text."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return read if isinstance(read, str) else value


def _of_connection(found: Found, rules: Rules) -> Wanted:
    connection = found.setting
    assert isinstance(connection, Connection)  # noqa: S101
    slug, name = _named(connection, rules)
    kind, mapped, notes = fitting(connection, slug)
    conflict = found.conflict
    if slug is not None and kind.slug != slug:
        conflict = conflict or f"a connection of type {connection.conn_type} cannot become a {slug}"
    kept = not_carried(connection, mapped)
    if kept:
        notes = (*notes, f"not carried, kept for the way back: {', '.join(kept)}")
    name = name or block_name(connection.connection_id)
    return Wanted(connection, found.source, kind.slug, name, mapped.data, (*found.notes, *notes), conflict)


def fitting(connection: Connection, slug: str | None = None) -> tuple[BlockType, Mapped, tuple[str, ...]]:
    """Give the best block for a connection, its data, and why it is not a better one.

    `slug` asks for one type: the generic one, or one of the types that fit.
    """
    extra = extras(connection)
    kinds = TYPES.get(connection.conn_type, ())
    if slug == GENERIC.slug or extra is None or not kinds:
        note = () if extra is not None else ("its extra is no JSON object, so the generic block keeps it",)
        return GENERIC, generic(connection), note
    notes = []
    for kind in kinds:
        if slug is not None and kind.slug != slug:
            continue
        mapped = kind.forward(connection, extra)
        if isinstance(mapped, Unsuited):
            notes.append(f"{mapped.reason}: the generic block keeps it")
        elif not all(map(installed, kind.modules)):
            class_name = kind.block_class.partition(":")[2]
            notes.append(f"for {class_name} install {kind.package}; until then the generic block keeps it")
        else:
            return kind, mapped, ()
    return GENERIC, generic(connection), tuple(notes[-1:])


@lru_cache(maxsize=64)
def installed(module: str) -> bool:
    """Say whether a module can be imported here, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of the package around it
        return False


def _named(setting: Setting, rules: Rules) -> tuple[str | None, str | None]:
    """Give the type and name that the rules ask for."""
    asked = rules.names.get(reference(setting))
    if asked is None:
        return None, None
    slug, _, name = asked.rpartition("/")
    return slug or None, name
