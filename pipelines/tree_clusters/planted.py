"""Differences put in on purpose: `replant compare tree_clusters --plant NAME` must find each."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.catalog import Plant
from pipelines.tree_clusters.statements import Connection, statement, transaction


def _change_one_row(connection: Connection) -> None:
    with transaction(connection) as cursor:
        cursor.execute(statement("planted_row"))


def _reverse_one_priority(connection: Connection) -> None:
    with transaction(connection) as cursor:
        cursor.execute(statement("planted_priority"))


PLANTS: Mapping[str, Plant] = {
    "row": Plant("one row of tree_region is changed after the run", after=_change_one_row),
    "priority": Plant(
        "the priorities of one zoom level are reversed before the run", before=_reverse_one_priority
    ),
    "step": Plant("the step refresh_view is left out", settings={"forget_refresh": True}),
}
