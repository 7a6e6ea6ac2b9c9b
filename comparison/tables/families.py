"""Families of PostgreSQL's types that are compared alike, by the names in pg_type."""

from __future__ import annotations

INTEGERS = ("int2", "int4", "int8")
FLOATS = ("float4", "float8")
NUMBERS = (*INTEGERS, "numeric", *FLOATS)
STRINGS = ("text", "varchar", "bpchar", "name")
STAMPS = ("timestamp", "timestamptz")
TIMES = (*STAMPS, "date", "time", "timetz", "interval")
PLACES = ("geometry", "geography")
# Their `=` compares areas, lengths or numbers of points, or there is none.
SHAPES = ("point", "line", "lseg", "box", "path", "polygon", "circle")
# No equality of any kind.
BARE = ("xml", "tsquery", "jsonpath", "pg_snapshot", "txid_snapshot", "pg_node_tree", "aclitem", "cid")
# Types that have one text for each value: texts differ exactly where values do.
ONE_TEXT = frozenset(
    (*INTEGERS, *PLACES, *SHAPES, *BARE, *STAMPS, "text", "varchar", "name", "char", "bool", "oid",
     "date", "time", "timetz", "uuid", "bytea", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit",
     "tsvector", "pg_lsn", "xid", "xid8", "tid", "money")
)  # fmt: skip
# They hold the number of a row in a catalog, which is another in another database; the text is its name.
CATALOG = ("regclass", "regtype", "regproc", "regprocedure", "regoper", "regoperator", "regrole",
            "regnamespace", "regconfig", "regdictionary", "regcollation")  # fmt: skip
