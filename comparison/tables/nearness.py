"""How near two values are, in SQL: numbers, times, geometries."""

from __future__ import annotations

from psycopg2 import sql

from comparison.tables.families import FLOATS, NUMBERS, PLACES, STAMPS
from comparison.tables.tolerance import Tolerance


def within_tolerance(
    plain: str, left: sql.Composable, right: sql.Composable, tolerance: Tolerance, postgis: str
) -> sql.Composable:
    """Give a condition that holds if two values of a type are near enough; it may be NULL.

    `postgis` is the schema that PostGIS is installed in.
    """
    values = {"l": left, "r": right, "t": sql.Literal(tolerance.amount)}
    if plain in PLACES:
        return _near(plain, left, right, tolerance, postgis)
    if plain in (*NUMBERS, "money"):
        common = "float8" if plain in FLOATS else "numeric"
        shape = "abs({l}::{c} - {r}::{c}) <= {t}::{c}"
        if tolerance.kind == "relative":
            shape += " * greatest(abs({l}::{c}), abs({r}::{c}))"
        return sql.SQL("(" + shape.replace("{c}", common) + ")").format(**values)
    if plain == "date" or plain in STAMPS:
        return sql.SQL(
            "(CASE WHEN isfinite({l}) AND isfinite({r}) THEN"
            " abs(extract(epoch FROM {l}) - extract(epoch FROM {r})) <= {t}::numeric END)"
        ).format(**values)
    return sql.SQL("(abs(extract(epoch FROM {l}) - extract(epoch FROM {r})) <= {t}::numeric)").format(
        **values
    )


def _near(
    plain: str, left: sql.Composable, right: sql.Composable, tolerance: Tolerance, postgis: str
) -> sql.Composable:
    """Same SRID, same type, and the Hausdorff distance; only in the plane, as PostGIS measures it."""
    values = {
        "l": left, "r": right, "t": sql.Literal(tolerance.amount), "s": sql.Identifier(postgis),
    }  # fmt: skip
    if plain == "geography":
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
