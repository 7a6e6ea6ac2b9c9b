"""Two tables of one database: the server joins them by key and gives the rows that differ, and only those."""

from __future__ import annotations

from psycopg2 import sql

from comparison.tables.relation import Comparison, column_of
from comparison.tables.tally import Tally, Text


def compare_joined(comparison: Comparison, tally: Tally) -> None:
    """Compare by FULL JOIN in the left side's transaction, which sees both relations in one snapshot.

    Assumes that the key is unique and NOT NULL on both sides. Rows are not counted here.
    """
    names = (*comparison.key, *(column.name for column in comparison.values))
    keys, width = len(comparison.key), len(names)
    for row in comparison.left.side.stream(_query(comparison)):
        side, flags, old, new = row[0], row[1], row[2 : 2 + width], row[2 + width :]
        if side == "l":
            tally.miss(old[:keys], dict(zip(names, old, strict=True)))
        elif side == "r":
            tally.surplus(new[:keys], dict(zip(names, new, strict=True)))
        else:
            tally.change(old[:keys], _cells(names[keys:], flags, old[keys:], new[keys:]))


def _cells(
    names: tuple[str, ...], flags: str, old: tuple[Text, ...], new: tuple[Text, ...]
) -> dict[str, tuple[Text, Text]]:
    return {
        name: (before, after)
        for name, flag, before, after in zip(names, flags, old, new, strict=True)
        if flag == "1"
    }


def _query(comparison: Comparison) -> sql.Composable:
    """Give the join. The flags, one for each column, are only worked out for rows that differ."""
    different = [
        column.different(column_of(column.name, "l"), column_of(column.name, "r"))
        for column in comparison.values
    ]
    only_left, only_right = (
        sql.SQL("{} IS NULL").format(column_of(comparison.key[0], alias)) for alias in ("r", "l")
    )
    flags = [sql.SQL("CASE WHEN {} THEN '1' ELSE '0' END").format(test) for test in different]
    texts = [
        column.text(column_of(column.name, alias))
        for alias in ("l", "r")
        for column in (*comparison.keys, *comparison.values)
    ]
    return sql.SQL(
        "SELECT CASE WHEN {only_left} THEN 'l' WHEN {only_right} THEN 'r' ELSE 'b' END, {flags}, {texts}"
        " FROM ({left}) l FULL JOIN ({right}) r ON {on} WHERE {only_left} OR {only_right}{different}"
    ).format(
        only_left=only_left,
        only_right=only_right,
        flags=sql.SQL(" || ").join(flags) if flags else sql.SQL("''"),
        texts=sql.SQL(", ").join(texts),
        left=comparison.left.query,
        right=comparison.right.query,
        on=sql.SQL(" AND ").join(
            column.equals(column_of(column.name, "l"), column_of(column.name, "r"))
            for column in comparison.keys
        ),
        different=sql.SQL("").join(sql.SQL(" OR {}").format(test) for test in different),
    )
