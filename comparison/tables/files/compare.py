"""Compares two sides of which at least one is a file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from comparison.tables.databases import (
    DatabaseDifference,
    DiffOptions,
    TableResult,
    Watcher,
    is_ignored,
    key_of,
    tolerances_of,
)
from comparison.tables.files.kinds import Kind, common_kind, distance, kind_of
from comparison.tables.files.readers import Reader
from comparison.tables.files.spool import Spool
from comparison.tables.merge import merged
from comparison.tables.records import KeyNotUniqueError, OutputDifference, SchemaDifference
from comparison.tables.tables import TablePair, pair_tables
from comparison.tables.tally import Tally, Text
from comparison.tables.tolerance import Tolerance
from engines.workspace import workspace
from pipelines.errors import CannotProceedError

EXAMPLES = 5
_REASON = "one side is not PostgreSQL, so each value is brought into one form"


@dataclass(frozen=True)
class Plan:
    """What of a table is compared, and how."""

    key: tuple[str, ...]
    columns: tuple[tuple[str, Kind], ...]
    """The key's first."""
    tolerances: dict[str, Tolerance]
    schema: tuple[SchemaDifference, ...]
    notes: tuple[str, ...]


def compare_readers(
    left: Reader, right: Reader, options: DiffOptions, watcher: Watcher
) -> DatabaseDifference:
    """Compare all tables of two sides; one that cannot be compared does not stop the rest."""
    began = time.monotonic()
    pairs = pair_tables(left.tables(), right.tables(), (left, right), options.tables)
    total = sum(pair.estimate for pair in pairs)
    results = []
    for number, pair in enumerate(pairs, start=1):
        watcher.begin(number, len(pairs), pair.name, pair.estimate, total)
        if pair.left is None or pair.right is None:
            results.append(TableResult(pair.name, only_on="right" if pair.left is None else "left"))
            continue
        try:
            results.append(TableResult(pair.name, _compare(left, right, pair, options)))
        except KeyNotUniqueError as error:
            results.append(TableResult(pair.name, problem=str(error), repeated_keys=error.examples))
        except CannotProceedError as error:
            results.append(TableResult(pair.name, problem=str(error)))
    return DatabaseDifference(left.url, right.url, tuple(results), time.monotonic() - began)


def _compare(left: Reader, right: Reader, pair: TablePair, options: DiffOptions) -> OutputDifference:
    assert pair.left is not None and pair.right is not None  # noqa: S101
    began = time.monotonic()
    plan = _plan(left, right, pair, options)
    tally = Tally(
        [name for name, _ in plan.columns[len(plan.key) :]] if plan.key else [], options.sample_limit
    )
    with ExitStack() as stack:
        folder = stack.enter_context(workspace())
        spools = []
        for reader, table in ((left, pair.left), (right, pair.right)):
            spool = Spool(
                Path(folder) / f"{reader.name}.spool", plan.columns, len(plan.key) or len(plan.columns)
            )
            stack.enter_context(closing(spool))
            spool.fill(reader, table)
            found = spool.repeated(EXAMPLES) if plan.key else ()
            if found:
                raise KeyNotUniqueError(pair.name, plan.key, reader.name, found)
            spools.append(spool)
        tally.rows_left, tally.rows_right = (spool.rows for spool in spools)
        (_by_key if plan.key else _by_counting)(spools[0], spools[1], plan, tally)
    return OutputDifference(
        name=pair.name,
        key=plan.key,
        rows_left=tally.rows_left,
        rows_right=tally.rows_right,
        changed=tally.changed if plan.key else None,
        missing=tally.missing,
        extra=tally.extra,
        columns=tally.columns(),
        samples=tally.samples(),
        strategy="files",
        reason=_REASON if plan.key else f"{_REASON}; there is no key, so equal rows are counted",
        schema=plan.schema,
        notes=plan.notes,
        seconds=time.monotonic() - began,
    )


def _by_key(left: Spool, right: Spool, plan: Plan, tally: Tally) -> None:
    names = [name for name, _ in plan.columns]
    compared = plan.columns[len(plan.key) :]
    for old, new in merged(left.groups(), right.groups(), by_text=True):
        if old is not None and new is not None:
            if old[1] == new[1]:
                continue
            cells = {
                name: (before, after)
                for (name, kind), before, after in zip(compared, old[1], new[1], strict=True)
                if before != after and not _near(plan.tolerances.get(name), kind, before, after)
            }
            if cells:
                tally.change(old[0], cells)
        elif old is not None:
            tally.miss(old[0], dict(zip(names, (*old[0], *old[1]), strict=True)))
        elif new is not None:
            tally.surplus(new[0], dict(zip(names, (*new[0], *new[1]), strict=True)))


def _near(tolerance: Tolerance | None, kind: Kind, old: Text, new: Text) -> bool:
    if tolerance is None or old is None or new is None:
        return False
    allowed = tolerance.amount
    if tolerance.kind == "relative":
        allowed *= max(abs(float(old)), abs(float(new)))
    return distance(kind, old, new) <= allowed


def _by_counting(left: Spool, right: Spool, plan: Plan, tally: Tally) -> None:
    names = [name for name, _ in plan.columns]
    for old, new in _counts(left, right):
        for row, times in (old - new).items():
            tally.miss(None, dict(zip(names, row, strict=True)), times)
        for row, times in (new - old).items():
            tally.surplus(None, dict(zip(names, row, strict=True)), times)


Count = Counter[tuple[Text, ...]]


def _counts(left: Spool, right: Spool) -> Iterator[tuple[Count, Count]]:
    """Merge the counts of both sides in the order of the hash."""
    first, second = left.counted(), right.counted()
    nothing: tuple[int | None, Count] = (None, Counter())
    old, new = next(first, nothing), next(second, nothing)
    while old[0] is not None or new[0] is not None:
        if new[0] is None or (old[0] is not None and old[0] < new[0]):
            yield old[1], Counter()
            old = next(first, nothing)
        elif old[0] is None or new[0] < old[0]:
            yield Counter(), new[1]
            new = next(second, nothing)
        else:
            yield old[1], new[1]
            old, new = next(first, nothing), next(second, nothing)


def _plan(left: Reader, right: Reader, pair: TablePair, options: DiffOptions) -> Plan:
    assert pair.left is not None and pair.right is not None  # noqa: S101
    table = pair.left.name
    first, second = (
        {name: kind for name, kind in columns if not is_ignored(table, name, options.ignored)}
        for columns in (left.columns(pair.left), right.columns(pair.right))
    )
    common = [name for name in first if name in second]
    if not common:
        raise CannotProceedError(f"{pair.name}: the two sides have no column in common.")
    key = key_of(pair, options, common)
    _check(pair.name, key, common)
    tolerances = tolerances_of(table, common, options.tolerances)
    kinds = {name: common_kind(kind_of(first[name]), kind_of(second[name])) for name in common}
    _check_tolerances(pair.name, key, kinds, tolerances)
    ordered = [*key, *(name for name in common if name not in key)]
    return Plan(
        key,
        tuple((name, kinds[name]) for name in ordered),
        tolerances,
        tuple(
            SchemaDifference(name, first.get(name), second.get(name))
            for name in dict.fromkeys((*first, *second))
            if name not in common
        ),
        _notes(ordered, first, second, kinds),
    )


def _check(table: str, key: Sequence[str], common: Sequence[str]) -> None:
    absent = [name for name in key if name not in common]
    if absent:
        raise CannotProceedError(
            f"{table}: the key names {', '.join(absent)}, which is no column of both sides. "
            f"They have in common: {', '.join(common)}."
        )


def _check_tolerances(
    table: str, key: Sequence[str], kinds: dict[str, Kind], tolerances: dict[str, Tolerance]
) -> None:
    if tolerances and not key:
        raise CannotProceedError(f"{table}: name a key to use tolerances where one side is a file.")
    for name, tolerance in tolerances.items():
        if not _suits(kinds[name], tolerance):
            raise CannotProceedError(
                f"{table}: {name} is compared as {kinds[name]}, which takes no tolerance of this kind "
                f"({tolerance.kind}) where one side is a file."
            )


def _suits(kind: Kind, tolerance: Tolerance) -> bool:
    if kind == "number":
        return tolerance.kind in ("absolute", "relative")
    return kind in ("date", "stamp", "moment", "time") and tolerance.kind in ("absolute", "seconds")


def _notes(
    names: Sequence[str], first: dict[str, str], second: dict[str, str], kinds: dict[str, Kind]
) -> tuple[str, ...]:
    """Say of each column that the sides declare differently how it is compared."""
    return tuple(
        f"{name} is {first[name]} on the left and {second[name]} on the right: compared as {kinds[name]}."
        for name in names
        if kind_of(first[name]) != kind_of(second[name])
    )
