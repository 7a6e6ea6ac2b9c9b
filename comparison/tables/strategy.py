"""Picks the way of comparing, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2 import sql

from comparison.tables.keys import prove_unique
from comparison.tables.records import Strategy
from comparison.tables.relation import Comparison
from comparison.tables.sides import Side
from comparison.tables.types import Column

# A database is told by its cluster's start and its own number: URLs may differ and mean the same.
_IDENTITY = sql.SQL(
    "SELECT d.oid::bigint, pg_postmaster_start_time()::text, inet_server_port(), current_database()::text,"
    " current_setting('server_version') FROM pg_database d WHERE d.datname = current_database()"
)


@dataclass(frozen=True)
class Choice:
    """A way of comparing, and why it was taken."""

    strategy: Strategy
    reason: str


def same_database(left: Side, right: Side) -> bool:
    """Say whether both sides are the same database of the same server."""
    return left.rows(_IDENTITY) == right.rows(_IDENTITY)


def choose(
    comparison: Comparison, left: Sequence[Column], right: Sequence[Column], *, one_database: bool
) -> Choice:
    """Prove the key, then choose. Raises KeyNotUniqueError."""
    if not comparison.key:
        return Choice("multiset", "there is no key, so equal rows are counted on both sides")
    proof = prove_unique(comparison, left, right)
    found = f"the key is proven unique by {proof}"
    if not one_database:
        return Choice("streams", f"two databases; {found}")
    obstacle = _obstacle(comparison, left, right)
    if obstacle:
        return Choice("streams", f"one database, but {obstacle}; {found}")
    return Choice("join", f"both tables are in one database; {found}")


def _obstacle(comparison: Comparison, left: Sequence[Column], right: Sequence[Column]) -> str | None:
    """Say what keeps a join from giving the right answer, if anything does."""
    for columns in (left, right):
        by_name = {column.name: column for column in columns}
        for name in comparison.key:
            if not by_name[name].not_null:
                return f"{name} may be NULL, and a join does not match NULLs"
    for column in comparison.keys:
        if column.by_text or (column.type is not None and not _joinable(column.plain, column.type.compares)):
            return f"a join needs an `=` that the type of {column.name} does not have"
    for column in comparison.values:
        if column.in_client:
            return f"{column.name} is {column.plain}, which only the client can compare by value"
    return None


def _joinable(plain: str, compares: bool) -> bool:
    return compares or plain in ("varchar", "cidr")
