"""What "equal" means for a column: one definition in SQL, used by every way of comparing.

By default it is the type's own `=`, as PostgreSQL sorts and hashes by it. Where a type has none, or one that
means something else (two boxes are `=` if their areas are), it is said here and in docs/diff.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2 import sql

from comparison.tables.tolerance import Tolerance
from comparison.tables.types import Column, Type
from pipelines.errors import CannotProceedError

INTEGERS = ("int2", "int4", "int8")
_FLOATS = ("float4", "float8")
_NUMBERS = (*INTEGERS, "numeric", *_FLOATS)
_STRINGS = ("text", "varchar", "bpchar", "name")
_STAMPS = ("timestamp", "timestamptz")
_TIMES = (*_STAMPS, "date", "time", "timetz", "interval")
_PLACES = ("geometry", "geography")
# Their `=` compares areas, lengths or numbers of points, or there is none.
_SHAPES = ("point", "line", "lseg", "box", "path", "polygon", "circle")
# No equality of any kind.
_BARE = ("xml", "tsquery", "jsonpath", "pg_snapshot", "txid_snapshot", "pg_node_tree", "aclitem", "cid")
# Types that have one text for each value: texts differ exactly where values do.
_ONE_TEXT = frozenset(
    (*INTEGERS, *_PLACES, *_SHAPES, *_BARE, *_STAMPS, "text", "varchar", "name", "char", "bool", "oid",
     "date", "time", "timetz", "uuid", "bytea", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit",
     "tsvector", "pg_lsn", "xid", "xid8", "tid", "money")
)  # fmt: skip
# They hold the number of a row in a catalog, which is another in another database; the text is its name.
_CATALOG = ("regclass", "regtype", "regproc", "regprocedure", "regoper", "regoperator", "regrole",
            "regnamespace", "regconfig", "regdictionary", "regcollation")  # fmt: skip
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
        return any(leaf.plain in (*_SHAPES, *_BARE) or _opaque(leaf) for leaf in self.type.leaves()) or (
            bool(self.type.parts) and any(leaf.plain in ("json", *_PLACES) for leaf in self.type.leaves())
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
            leaf.sort == "e" or leaf.plain in _ONE_TEXT or leaf.plain in _CATALOG
            for leaf in self.type.leaves()
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
        if self.plain in _PLACES and not self.type.is_array:
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
        if self.plain in ("json", *_PLACES):
            return self.value(column)
        if self.left.loose or self.right.loose:
            return sql.SQL('({}::text COLLATE "C")').format(column)
        if all(_hashes(leaf) for leaf in self.type.leaves()):
            return self.value(column)
        return self.text(column)

    def keyed(self, column: sql.Composable) -> sql.Composable:
        """Give the one form that equal values share, to match rows by."""
        if self.plain == "numeric" and not self.is_array:
            return sql.SQL("trim_scale({}::numeric)").format(column)
        if self.plain in _FLOATS and not self.is_array:
            return sql.SQL("({}::float8 + 0.0::float8)").format(column)
        if self.plain == "citext":
            return sql.SQL("lower({}::text)").format(column)
        if self.plain == "interval" and not self.is_array:
            return sql.SQL("justify_interval({})").format(column)
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
        return self.one_text or self.plain in ("numeric", "citext", "interval", *_FLOATS)

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
        within = self._within(left, right, self.tolerance)
        return sql.SQL("({} OR coalesce({}, false))").format(exact, within)

    def equals(self, left: sql.Composable, right: sql.Composable) -> sql.Composable:
        """Give the plain `=` that a join can be made by; it does not hold for NULL."""
        return sql.SQL("{} = {}").format(self._compared(left), self._compared(right))

    def different(self, left: sql.Composable, right: sql.Composable) -> sql.Composable:
        """Give the opposite of `same`."""
        if self.tolerance is None:
            return sql.SQL("{} IS DISTINCT FROM {}").format(self._compared(left), self._compared(right))
        return sql.SQL("NOT {}").format(self.same(left, right))

    def _compared(self, column: sql.Composable) -> sql.Composable:
        if self.plain in _STRINGS and not self.loose and self.left.collation != self.right.collation:
            # Two sides may sort differently; which strings are equal does not depend on it.
            return sql.SQL('{} COLLATE "C"').format(self.value(column))
        return self.value(column)

    def _within(self, left: sql.Composable, right: sql.Composable, tolerance: Tolerance) -> sql.Composable:
        values = {"l": left, "r": right, "t": sql.Literal(tolerance.amount)}
        if self.plain in _PLACES:
            return self._near(left, right, tolerance)
        if self.plain in (*_NUMBERS, "money"):
            common = "float8" if self.plain in _FLOATS else "numeric"
            shape = "abs({l}::{c} - {r}::{c}) <= {t}::{c}"
            if tolerance.kind == "relative":
                shape += " * greatest(abs({l}::{c}), abs({r}::{c}))"
            return sql.SQL("(" + shape.replace("{c}", common) + ")").format(**values)
        if self.plain == "date" or self.plain in _STAMPS:
            return sql.SQL(
                "(CASE WHEN isfinite({l}) AND isfinite({r}) THEN"
                " abs(extract(epoch FROM {l}) - extract(epoch FROM {r})) <= {t}::numeric END)"
            ).format(**values)
        return sql.SQL("(abs(extract(epoch FROM {l}) - extract(epoch FROM {r})) <= {t}::numeric)").format(
            **values
        )

    def _near(self, left: sql.Composable, right: sql.Composable, tolerance: Tolerance) -> sql.Composable:
        """Same SRID, same type, and the Hausdorff distance; only in the plane, as PostGIS measures it."""
        values = {
            "l": left, "r": right, "t": sql.Literal(tolerance.amount), "s": sql.Identifier(self.postgis),
        }  # fmt: skip
        if self.plain == "geography":
            return sql.SQL(_GEOGRAPHY_NEAR).format(**values)
        return sql.SQL(
            "(CASE WHEN {s}.ST_SRID({l}) = {s}.ST_SRID({r}) AND {s}.GeometryType({l}) = {s}.GeometryType({r})"
            " AND {s}.ST_Zmflag({l}) = 0 AND {s}.ST_Zmflag({r}) = 0"
            " THEN {s}.ST_HausdorffDistance({l}, {r}) <= {t} END)"
        ).format(**values)


# Farthest that a vertex of one lies from the other's outline, both ways, in metres on the spheroid.
_GEOGRAPHY_NEAR = (
    "(CASE WHEN {s}.ST_SRID({l}::{s}.geometry) = {s}.ST_SRID({r}::{s}.geometry)"
    " AND {s}.GeometryType({l}::{s}.geometry) = {s}.GeometryType({r}::{s}.geometry)"
    " AND {s}.ST_Zmflag({l}::{s}.geometry) = 0 AND {s}.ST_Zmflag({r}::{s}.geometry) = 0"
    " THEN (SELECT max({s}.ST_Distance(p.geom::{s}.geography, p.other::{s}.geography)) <= {t} FROM ("
    " SELECT (d).geom, CASE {s}.ST_Dimension({r}::{s}.geometry) WHEN 2 THEN"
    " {s}.ST_Boundary({r}::{s}.geometry) ELSE {r}::{s}.geometry END AS other"
    " FROM {s}.ST_DumpPoints({l}::{s}.geometry) d UNION ALL"
    " SELECT (d).geom, CASE {s}.ST_Dimension({l}::{s}.geometry) WHEN 2 THEN"
    " {s}.ST_Boundary({l}::{s}.geometry) ELSE {l}::{s}.geometry END"
    " FROM {s}.ST_DumpPoints({r}::{s}.geometry) d) p) END)"
)


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
    if made.plain in (*_NUMBERS, "money"):
        return tolerance.kind in ("absolute", "relative")
    if made.plain in _TIMES:
        return tolerance.kind in ("absolute", "seconds")
    if made.plain == "geography":
        return tolerance.kind in ("absolute", "metres")
    return made.plain == "geometry" and tolerance.kind == "absolute"


def _common(left: Type, right: Type) -> Type | None:
    """Give the type in which two columns are compared: PostgreSQL's own choice for `=` between the two."""
    left, right = _base(left), _base(right)
    if (left.schema, left.typname) == (right.schema, right.typname):
        return left
    if left.plain == right.plain and left.plain in _PLACES:
        return left  # PostGIS may be installed in another schema
    for family in (_NUMBERS, ("date", *_STAMPS), ("json", "jsonb")):
        if left.plain in family and right.plain in family:
            return max(left, right, key=lambda kind: family.index(kind.plain))
    return None


def _base(kind: Type) -> Type:
    """Give what a domain is made of."""
    return _base(kind.parts[0]) if kind.sort == "d" else kind


def _opaque(leaf: Type) -> bool:
    """Whether a base type has no `=` that we can rely on."""
    known = leaf.plain in _ONE_TEXT or leaf.plain in (
        "json",
        "jsonb",
        "numeric",
        *_FLOATS,
        "interval",
        "bpchar",
    )
    return leaf.sort == "b" and not leaf.compares and not known and leaf.plain not in _CATALOG


def _hashes(leaf: Type) -> bool:
    if leaf.sort == "e" or leaf.plain in _CATALOG:
        return False
    return leaf.hashes or leaf.plain in ("varchar", "cidr")
