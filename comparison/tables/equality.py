"""What "equal" means for a column: one definition in SQL, used by every way of comparing.

By default it is the type's own `=`, as PostgreSQL sorts and hashes by it. Where a type has none, or one that
means something else (two boxes are `=` if their areas are), it is said here and in docs/diff.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2 import sql

from comparison.tables.families import (
    BARE,
    CATALOG,
    FLOATS,
    NUMBERS,
    ONE_TEXT,
    PLACES,
    SHAPES,
    STAMPS,
    STRINGS,
    TIMES,
)
from comparison.tables.nearness import within_tolerance
from comparison.tables.tolerance import Tolerance
from comparison.tables.types import Column, Type
from pipelines.errors import CannotProceedError

# jsonb cannot hold the character that json writes as \u0000: such a value is compared by its text.
_JSON = "CASE WHEN strpos({0}::text, '\\u0000') > 0 THEN to_jsonb({0}::text) ELSE {0}::jsonb END"


@dataclass(frozen=True)
class Equality:
    """How the values of one column are compared."""

    name: str
    left: Column
    right: Column
    type: Type | None
    """What both sides are cast to; None: to text."""
    tolerance: Tolerance | None = None
    postgis: str = "public"
    """The schema that PostGIS is installed in, on the side that decides."""

    @property
    def plain(self) -> str:
        """The name of the type that decides; `text` where both sides are cast to text."""
        return self.type.plain if self.type else "text"

    @property
    def by_text(self) -> bool:
        """Whether texts decide, because the type has no `=` of use."""
        if self.type is None:
            return True
        return any(leaf.plain in (*SHAPES, *BARE) or _opaque(leaf) for leaf in self.type.leaves()) or (
            bool(self.type.parts) and any(leaf.plain in ("json", *PLACES) for leaf in self.type.leaves())
        )

    @property
    def one_text(self) -> bool:
        """Whether two values are equal exactly if their texts are."""
        if self.tolerance is not None or self.loose:
            return False
        if self.plain == "xml":
            return False
        if self.by_text or self.type is None:
            return True
        return all(
            leaf.sort == "e" or leaf.plain in ONE_TEXT or leaf.plain in CATALOG for leaf in self.type.leaves()
        )

    @property
    def in_client(self) -> bool:
        """Whether the last word is the client's: no server can compare two xml documents by value."""
        return self.plain == "xml"

    def value(self, column: sql.Composable) -> sql.Composable:
        """Give the column in the form whose `=` decides."""
        if self.type is None:
            return sql.SQL("({}::text)").format(column)
        if self.plain == "json":
            return sql.SQL("({})").format(sql.SQL(_JSON).format(column))
        if self.plain == "money":
            return sql.SQL("({}::numeric)").format(column)
        if self.plain in PLACES and not self.type.is_array:
            return sql.SQL("({}::bytea)").format(column)
        if self.by_text:
            return sql.SQL("({}::text)").format(column)
        return sql.SQL("({}::{})").format(column, self.type.identifier) if self.casts else column

    def text(self, column: sql.Composable) -> sql.Composable:
        """Give the column as text: what is sent, shown and written."""
        if self.plain == "money":
            return sql.SQL("({}::numeric::text)").format(column)
        if self.type is not None and self.casts and not self.by_text:
            return sql.SQL("({}::{}::text)").format(column, self.type.identifier)
        return sql.SQL("({}::text)").format(column)

    def hashed(self, column: sql.Composable) -> sql.Composable:
        """Give something to hash. Equal hashes mean equal values; the reverse need not hold.

        The hash must be the same in another database, so what depends on a catalog's row numbers is
        hashed by its text.
        """
        if self.type is None or self.by_text or self.plain == "money":
            return self.text(column)
        if self.plain in PLACES:
            return self.value(column)
        if self.left.loose or self.right.loose:
            return sql.SQL('({}::text COLLATE "C")').format(column)
        if any(leaf.plain in ("json", "jsonb") for leaf in self.type.leaves()) or _holds_arrays(self.type):
            # jsonb's hash takes [[1],2] for [[1,2]], an array's takes {{1,2}} for {1,2}.
            return self.text(column)
        if self.is_array and all(_hashes(leaf) for leaf in self.type.leaves()):
            return sql.SQL("hash_record_extended(ROW({0}, array_dims({0})), 0)").format(self.value(column))
        return self.coarse(column)

    def coarse(self, column: sql.Composable) -> sql.Composable:
        """Give something to hash that equal values share, even if some unequal ones share it too."""
        if self.type is None or self.by_text or self.plain == "money":
            return self.text(column)
        if self.left.loose or self.right.loose:
            return self.value(column) if self.loose else sql.SQL('({}::text COLLATE "C")').format(column)
        if self.plain in ("json", *PLACES):
            return self.value(column)
        if not all(_hashes(leaf) for leaf in self.type.leaves()):
            return self.text(column)
        return self.value(column)

    def keyed(self, column: sql.Composable) -> sql.Composable:
        """Give the one form that equal values share, to match rows by."""
        if self.plain == "numeric" and not self.is_array:
            return sql.SQL("trim_scale({}::numeric)").format(column)
        if self.plain in FLOATS and not self.is_array:
            return sql.SQL("({}::float8 + 0.0::float8)").format(column)
        if self.plain == "citext":
            return sql.SQL("lower({}::text)").format(column)
        if self.plain == "interval" and not self.is_array:
            return sql.SQL("justify_interval({})").format(column)
        if self.is_array:
            return self.text(column)
        return self.value(column) if self.loose else self.hashed(column)

    @property
    def casts(self) -> bool:
        """Whether the columns must be cast to the type that decides."""
        names = {self.left.type.typname, self.right.type.typname, self.type.typname if self.type else "text"}
        return len(names) > 1

    @property
    def loose(self) -> bool:
        """Whether both sides have the same collation, one that calls different strings equal."""
        return self.left.loose and self.right.loose and self.left.collation == self.right.collation

    @property
    def one_form(self) -> bool:
        """Whether equal values share one text, once they are in the form that `keyed` gives."""
        if self.is_array or (self.type is not None and self.type.parts):
            return self.one_text
        return self.one_text or self.plain in ("numeric", "citext", "interval", *FLOATS)

    @property
    def sent(self) -> sql.Composable:
        """The type that a value sent as text is read back as."""
        if self.type is None or self.by_text:
            return sql.SQL("text")
        return sql.SQL("numeric") if self.plain == "money" else self.type.identifier

    @property
    def is_array(self) -> bool:
        """Whether the values are arrays."""
        return self.type is not None and self.type.is_array

    def same(self, left: sql.Composable, right: sql.Composable) -> sql.Composable:
        """Give a condition, never NULL, that says whether two values are equal."""
        exact = sql.SQL("{} IS NOT DISTINCT FROM {}").format(self._compared(left), self._compared(right))
        if self.tolerance is None:
            return exact
        near = within_tolerance(self.plain, left, right, self.tolerance, self.postgis)
        return sql.SQL("({} OR coalesce({}, false))").format(exact, near)

    def equals(self, left: sql.Composable, right: sql.Composable) -> sql.Composable:
        """Give the plain `=` that a join can be made by; it does not hold for NULL."""
        return sql.SQL("{} = {}").format(self._compared(left), self._compared(right))

    def different(self, left: sql.Composable, right: sql.Composable) -> sql.Composable:
        """Give the opposite of `same`."""
        if self.tolerance is None:
            return sql.SQL("{} IS DISTINCT FROM {}").format(self._compared(left), self._compared(right))
        return sql.SQL("NOT {}").format(self.same(left, right))

    def _compared(self, column: sql.Composable) -> sql.Composable:
        if self.loose and self.left.collation:
            return sql.SQL("{} COLLATE {}").format(self.value(column), sql.Identifier(*self.left.collation))
        if self.plain in STRINGS and self.left.collation != self.right.collation:
            # Two sides may sort differently; which strings are equal does not depend on it.
            return sql.SQL('{} COLLATE "C"').format(self.value(column))
        return self.value(column)


def equality(
    left: Column, right: Column, tolerance: Tolerance | None = None, *, postgis: str = "public"
) -> Equality:
    """Say how a column is compared.

    Raises CannotProceedError if the tolerance does not suit the type.
    """
    made = Equality(left.name, left, right, _common(left.type, right.type), tolerance, postgis)
    if tolerance is not None and not _suits(made, tolerance):
        raise CannotProceedError(
            f"Column {left.name} is of type {left.shown}: a tolerance of {tolerance.amount:g} "
            f"({tolerance.kind}) cannot be applied to it. Numbers take amounts and percentages, times take "
            "seconds, a geometry takes units of its SRID, a geography takes metres."
        )
    return made


def _suits(made: Equality, tolerance: Tolerance) -> bool:
    if made.type is None or made.type.is_array or made.type.sort in "crm":
        return False
    if made.plain in (*NUMBERS, "money"):
        return tolerance.kind in ("absolute", "relative")
    if made.plain in TIMES:
        return tolerance.kind in ("absolute", "seconds")
    if made.plain == "geography":
        return tolerance.kind in ("absolute", "metres")
    return made.plain == "geometry" and tolerance.kind == "absolute"


def _common(left: Type, right: Type) -> Type | None:
    """Give the type in which two columns are compared: PostgreSQL's own choice for `=` between the two."""
    left, right = _base(left), _base(right)
    if (left.schema, left.typname) == (right.schema, right.typname):
        return left
    if left.plain == right.plain and left.plain in PLACES:
        return left  # PostGIS may be installed in another schema
    for family in (NUMBERS, ("date", *STAMPS), ("json", "jsonb")):
        if left.plain in family and right.plain in family:
            return max(left, right, key=lambda kind: family.index(kind.plain))
    return None


def _base(kind: Type) -> Type:
    """Give what a domain is made of."""
    return _base(kind.parts[0]) if kind.sort == "d" else kind


def _opaque(leaf: Type) -> bool:
    """Whether a base type has no `=` that we can rely on."""
    known = leaf.plain in ONE_TEXT or leaf.plain in (
        "json",
        "jsonb",
        "numeric",
        *FLOATS,
        "interval",
        "bpchar",
    )
    return leaf.sort == "b" and not leaf.compares and not known and leaf.plain not in CATALOG


def _holds_arrays(kind: Type) -> bool:
    """Whether there is an array below the top."""
    return any(part.is_array or _holds_arrays(part) for part in kind.parts)


def _hashes(leaf: Type) -> bool:
    if leaf.sort == "e" or leaf.plain in CATALOG:
        return False
    return leaf.hashes or leaf.plain in ("varchar", "cidr")
