"""The last word on two values whose texts differ: the left server's, by the column's own definition."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import ParseError, canonicalize

from psycopg2 import sql

from comparison.tables.equality import Equality
from comparison.tables.sides import Side

Text = str | None


def equal_pairs(side: Side, column: Equality, pairs: Sequence[tuple[Text, Text]]) -> list[bool]:
    """Say of each pair of texts whether the values are equal; one question to the server for all."""
    if not pairs:
        return []
    if column.in_client:
        return [_same_xml(left, right) for left, right in pairs]
    if column.one_text:
        return [left == right for left, right in pairs]
    query = sql.SQL(
        "SELECT array_agg({same} ORDER BY n) FROM (SELECT u.a::{type} AS a, u.b::{type} AS b, u.n FROM"
        " unnest({left}::text[], {right}::text[]) WITH ORDINALITY u(a, b, n)) q"
    ).format(
        same=column.same(sql.Identifier("q", "a"), sql.Identifier("q", "b")),
        type=column.sent,
        left=sql.Literal([left for left, _ in pairs]),
        right=sql.Literal([right for _, right in pairs]),
    )
    answer = side.rows(query)[0][0]
    return [bool(value) for value in answer]


def _same_xml(left: Text, right: Text) -> bool:
    """Compare two xml values by their canonical form (C14N 2.0): order of attributes, quotes, empty tags."""
    if left is None or right is None:
        return left is right
    return left == right or _canonical_xml(left) == _canonical_xml(right)


def _canonical_xml(text: str) -> str:
    body = text.lstrip()
    if body.startswith("<?xml"):
        body = body.partition("?>")[2]
    try:
        # A value may hold several elements, or text alone. Inside an element a DOCTYPE is an error, so no
        # entity is ever expanded.
        return canonicalize(f"<x>{body}</x>")
    except ParseError:
        return text


def readable(side: Side, column: Equality, texts: Sequence[Text]) -> list[Text]:
    """Give values as a person reads them: a geometry as EWKT with all its digits."""
    if column.plain not in ("geometry", "geography") or column.is_array or not any(texts):
        return list(texts)
    query = sql.SQL(
        "SELECT array_agg({schema}.ST_AsEWKT(u.a::{schema}.geometry, 17) ORDER BY u.n)"
        " FROM unnest({texts}::text[]) WITH ORDINALITY u(a, n)"
    ).format(schema=sql.Identifier(column.postgis), texts=sql.Literal(list(texts)))
    return list(side.rows(query)[0][0])
