"""Where settings come from: files, the environment, dotenv files, a live Airflow; brought together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from airflow_client.records import Variable
from blocks.environment_source import read_dotenv, read_environment
from blocks.export_files import Content, read_export, readable_by_others
from blocks.settings import Found, comparable, kind_of, name_of, reference
from blocks.wanted import unwritable
from pipelines.errors import CannotProceedError

ENVIRONMENT = "env:"
DOTENV = "dotenv:"
AIRFLOW = "airflow:"
_CONTENTS: Mapping[str, Content] = {"variables:": "variables", "connections:": "connections"}


@dataclass(frozen=True)
class Gathered:
    """The settings of all sources, each once, and what the user should hear about the sources."""

    found: tuple[Found, ...]
    warnings: tuple[str, ...] = ()


def absolute(source: str) -> str:
    """Give a source so that it means the same in another folder."""
    for prefix in (DOTENV, *_CONTENTS):
        if source.startswith(prefix):
            return prefix + str(Path(source.removeprefix(prefix)).absolute())
    if source.startswith((ENVIRONMENT, AIRFLOW)):
        return source
    return str(Path(source).absolute())


def gather(
    sources: Sequence[str],
    airflow_python: Path | None = None,
    known: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Gathered:
    """Read every source and bring them together.

    A source is a file, `variables:FILE` or `connections:FILE` where its looks do not tell, `env:`,
    `dotenv:FILE` or `airflow:URL`; `airflow_python` adds the Airflow of that Python. `known` are
    `variable/KEY` and `connection/ID` whose spelling is known, since the environment has capitals only;
    of the Airflow of `airflow_python`, they are asked for by name, too.

    Raises CannotProceedError if a source cannot be read.
    """
    if not sources and airflow_python is None:
        raise CannotProceedError(
            "No source is named. Give --from FILE, env:, dotenv:FILE or airflow:URL, or --airflow-python."
        )
    each: list[Found] = []
    warnings: list[str] = []
    for source in sources:
        if source.startswith(AIRFLOW):
            from blocks.live_source import read_rest

            each += read_rest(source.removeprefix(AIRFLOW))
        else:
            each += _read(source, environment)
            warnings += _open_to_others(source)
    if airflow_python is not None:
        from blocks.live_source import read_python

        names = {*known, *(reference(found.setting) for found in each)}
        each += read_python(airflow_python, sorted(names))
    return Gathered(tuple(merged(_spelled(each, known))), tuple(warnings))


def _read(source: str, environment: Mapping[str, str] | None) -> tuple[Found, ...]:
    if source == ENVIRONMENT:
        return read_environment(os.environ if environment is None else environment, ENVIRONMENT)
    if source.startswith(DOTENV):
        return read_dotenv(Path(source.removeprefix(DOTENV)))
    for prefix, content in _CONTENTS.items():
        if source.startswith(prefix):
            return read_export(Path(source.removeprefix(prefix)), content)
    return read_export(Path(source))


def _open_to_others(source: str) -> list[str]:
    path = Path(source.rpartition(":")[2]) if source.startswith((DOTENV, *_CONTENTS)) else Path(source)
    if source == ENVIRONMENT or not readable_by_others(path):
        return []
    return [f"{path} can be read by other users of this machine: `chmod 600 {path}`."]


def _spelled(each: Sequence[Found], known: Iterable[str]) -> list[Found]:
    """Give names out of the environment the spelling that another source, or `known`, has."""
    spellings = {name.lower(): name for name in sorted(known)}
    spellings |= {
        reference(found.setting).lower(): reference(found.setting) for found in each if not found.shadows
    }
    return [_renamed(found, spellings) if found.shadows else found for found in each]


def _renamed(found: Found, spellings: Mapping[str, str]) -> Found:
    spelled = spellings.get(reference(found.setting))
    if spelled is None or spelled == reference(found.setting):
        return found
    name = spelled.partition("/")[2]
    old = found.setting
    new = replace(old, key=name) if isinstance(old, Variable) else replace(old, connection_id=name)
    return replace(found, setting=new)


def merged(each: Iterable[Found]) -> Iterable[Found]:
    """Give each setting once.

    The environment goes before other sources, as in Airflow. A masked value gives way to one that is not
    masked. What else differs between two sources is a conflict.
    """
    chosen: dict[str, Found] = {}
    for found in each:
        name = reference(found.setting)
        chosen[name] = _better(chosen[name], found) if name in chosen else found
    return chosen.values()


def _better(first: Found, second: Found) -> Found:
    for left, right in ((first, second), (second, first)):
        if _masked(left) and not _masked(right):
            return right
    if comparable(first.setting) == comparable(second.setting):
        return first
    if first.shadows != second.shadows:
        winner, other = (first, second) if first.shadows else (second, first)
        note = f"{winner.source} goes before {other.source}, which has another value"
        return replace(winner, notes=(*winner.notes, note))
    what = f"{kind_of(first.setting)} {name_of(first.setting)}"
    conflict = f"{first.source} and {second.source} do not agree on the {what}; leave out one of them"
    return replace(first, conflict=first.conflict or conflict)


def _masked(found: Found) -> bool:
    return found.conflict is not None or unwritable(found.setting) is not None
