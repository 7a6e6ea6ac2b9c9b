"""The library's door: two outputs or tables in, an OutputDifference out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from psycopg2 import sql

from comparison.tables.confirm import readable
from comparison.tables.equality import Equality, equality
from comparison.tables.join import compare_joined
from comparison.tables.keyed import compare_keyed
from comparison.tables.multiset import compare_multisets
from comparison.tables.records import OutputDifference, Sample, SchemaDifference
from comparison.tables.relation import Comparison, Relation
from comparison.tables.segments import Advance, estimated_rows, segment
from comparison.tables.sides import Side, open_side
from comparison.tables.strategy import Choice, choose, same_database
from comparison.tables.tally import Tally
from comparison.tables.tolerance import Tolerance
from comparison.tables.types import Column, describe
from pipelines.catalog import Output
from pipelines.errors import CannotProceedError

SMALL = 5000
"""Up to so many rows, fetching all of them is as quick as asking twice."""


def compare_output(
    left_url: str, right_url: str, output: Output, *, sample_limit: int = 20
) -> OutputDifference:
    """Compare the rows that a pipeline's output has in two PostgreSQL databases.

    Raises CannotProceedError where no answer can be trusted: a key that is not unique (KeyNotUniqueError), a
    column that one side lacks, a server that cannot be read.
    """
    query = sql.SQL(output.query.strip().rstrip(";"))
    with open_side("left", left_url) as left, open_side("right", right_url) as right:
        return compare_relations(
            output.name,
            Relation(left, query),
            Relation(right, query),
            key=output.key,
            tolerances={name: Tolerance(amount) for name, amount in output.tolerances.items()},
            sample_limit=sample_limit,
        )


def compare_relations(
    name: str,
    left: Relation,
    right: Relation,
    *,
    key: tuple[str, ...] = (),
    tolerances: Mapping[str, Tolerance],
    sample_limit: int = 20,
    small: int = SMALL,
    advance: Advance = lambda _: None,
) -> OutputDifference:
    """Compare the columns that both relations have. Raises CannotProceedError as `compare_output` does.

    `advance` is told how much is done, where that can be known. Of relations with at most `small` rows all
    rows are fetched, without a look at segments first.
    """
    began = time.monotonic()
    first, second = describe(left.side, left.query), describe(right.side, right.query)
    columns = _columns(name, left.side, first, second, tolerances)
    _check_names(name, columns, key, tolerances)
    comparison = Comparison(name, left, right, columns, key)
    choice = choose(comparison, first, second, one_database=same_database(left.side, right.side))
    found = compare(comparison, choice, sample_limit, small, advance)
    return replace(
        found,
        schema=schema_differences(first, second),
        samples=_readable(comparison, found.samples),
        notes=_notes(comparison),
        seconds=time.monotonic() - began,
    )


def compare(
    comparison: Comparison, choice: Choice, sample_limit: int, small: int, advance: Advance
) -> OutputDifference:
    """Compare in the way that was chosen."""
    names = [column.name for column in comparison.values] if comparison.key else []
    tally = Tally(names, sample_limit)
    if choice.strategy == "join":
        tally.rows_left = _count(comparison.left)
        compare_joined(comparison, tally)
        # What both sides have is counted once.
        tally.rows_right = tally.rows_left - tally.missing + tally.extra
    else:
        _by_streams(comparison, tally, small, advance)
    return OutputDifference(
        name=comparison.name,
        key=comparison.key,
        rows_left=tally.rows_left,
        rows_right=tally.rows_right,
        changed=tally.changed if comparison.key else None,
        missing=tally.missing,
        extra=tally.extra,
        columns=tally.columns(),
        samples=tally.samples(),
        strategy=choice.strategy,
        reason=choice.reason,
    )


def _by_streams(comparison: Comparison, tally: Tally, small: int, advance: Advance) -> None:
    """Find the segments that differ, then compare their rows; of small tables, all rows."""
    compare_rows = compare_keyed if comparison.key else compare_multisets
    estimate = max(estimated_rows(comparison.left), estimated_rows(comparison.right))
    if estimate <= small:
        tally.rows_left, tally.rows_right = _count(comparison.left), _count(comparison.right)
        compare_rows(comparison, tally, None)
        return
    found = segment(comparison, estimate, advance)
    tally.rows_left, tally.rows_right = found.rows_left, found.rows_right
    if found.differing:
        compare_rows(comparison, tally, found.only)


def _notes(comparison: Comparison) -> tuple[str, ...]:
    """Say which columns are compared otherwise than by their type's own `=`."""
    notes = [
        f"{column.name} ({column.left.shown}) is compared by its text: its type has no equality to rely on."
        for column in comparison.columns
        if column.by_text and not column.in_client and column.type is not None
    ]
    notes += [
        f"{column.name} is {column.left.shown} on the left and {column.right.shown} on the right: "
        f"compared as {column.type.name if column.type else 'text'}."
        for column in comparison.columns
        if column.casts and column.left.shown != column.right.shown
    ]
    if not comparison.key:
        notes += [
            f"{column.name} ({column.left.shown}) is compared by its text, since rows have no key."
            for column in comparison.columns
            if column.in_client
        ]
    return tuple(notes)


def schema_differences(left: tuple[Column, ...], right: tuple[Column, ...]) -> tuple[SchemaDifference, ...]:
    """List the columns that are not declared alike."""
    first = {column.name: column.shown for column in left}
    second = {column.name: column.shown for column in right}
    return tuple(
        SchemaDifference(name, first.get(name), second.get(name))
        for name in dict.fromkeys((*first, *second))
        if first.get(name) != second.get(name)
    )


def _count(relation: Relation) -> int:
    return int(relation.side.rows(sql.SQL("SELECT count(*) FROM {}").format(relation.source))[0][0])


def _columns(
    name: str,
    side: Side,
    left: tuple[Column, ...],
    right: tuple[Column, ...],
    tolerances: Mapping[str, Tolerance],
) -> tuple[Equality, ...]:
    """Pair the columns by name, in the left order."""
    second = {column.name: column for column in right}
    for columns in (left, right):
        if len({column.name for column in columns}) < len(columns):
            raise CannotProceedError(f"{name}: two columns have the same name. Give them names of their own.")
    schema = side.rows(
        sql.SQL(
            "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
            " WHERE e.extname = 'postgis'"
        )
    )
    postgis = str(schema[0][0]) if schema else "public"
    return tuple(
        equality(column, second[column.name], tolerances.get(column.name), postgis=postgis)
        for column in left
        if column.name in second
    )


def _check_names(
    name: str, columns: tuple[Equality, ...], key: tuple[str, ...], tolerances: Mapping[str, Tolerance]
) -> None:
    common = [column.name for column in columns]
    if not common:
        raise CannotProceedError(
            f"{name}: the two sides have no column in common, so no row can be compared."
        )
    for what, wanted in (("key", key), ("tolerance", tuple(tolerances))):
        absent = [column for column in wanted if column not in common]
        if absent:
            raise CannotProceedError(
                f"{name}: the {what} names {', '.join(absent)}, which is no column of both sides. "
                f"They have in common: {', '.join(common)}."
            )
    both = [column for column in key if column in tolerances]
    if both:
        raise CannotProceedError(
            f"{name}: {', '.join(both)} is part of the key, and keys must be equal: give it no tolerance."
        )


def _readable(comparison: Comparison, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """Write geometries in samples as EWKT."""
    made = list(samples)
    for column in comparison.columns:
        if column.plain not in ("geometry", "geography"):
            continue
        for number, sample in enumerate(made):
            if sample.column == column.name:
                old, new = readable(comparison.left.side, column, [sample.old, sample.new])
                made[number] = replace(sample, old=old, new=new)
            elif sample.column is None:
                row = dict(sample.old or sample.new)
                [row[column.name]] = readable(comparison.left.side, column, [row[column.name]])
                kept = sample.kind == "missing"
                made[number] = replace(sample, old=row if kept else None, new=None if kept else row)
    return tuple(made)
