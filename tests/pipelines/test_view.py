"""active_tree_region, filled when it is empty and kept in step from then on."""

from __future__ import annotations

import pytest

from engines.databases import connected
from pipelines.tree_clusters import view
from pipelines.tree_clusters.statements import Connection
from tests.pipelines import worlds
from tests.pipelines.oracle import Region, Tree

EAST = Region(1, ((0, 0), (1, 0), (1, 1), (0, 1)), {14: 1})
WEST = Region(2, ((-1, 0), (0, 0), (0, 1), (-1, 1)), {14: 1})
TREES = (Tree(1, (0.5, 0.5)), Tree(2, (-0.5, 0.5)), Tree(3, (0.4, 0.5), active=False))
SHOWN = "SELECT tree_id FROM active_tree_region JOIN tree_region USING (id) ORDER BY 1"


@pytest.fixture
def filled(upgraded_url: str) -> str:
    with connected(upgraded_url) as connection:
        worlds.fill(connection, TREES, (EAST, WEST))
    return upgraded_url


def _emptied(connection: Connection) -> None:
    worlds.run(connection, variant="incremental")
    worlds.run_statements(connection, "TRUNCATE active_tree_region")


def test_a_first_load_leaves_the_indexes_as_they_were(filled: str) -> None:
    with connected(filled) as connection:
        worlds.run_statements(
            connection, "CREATE INDEX of_their_own ON active_tree_region (type_id) WHERE id > 0"
        )
        before = worlds.schema(connection)
        assert worlds.run(connection, variant="incremental")["refresh_view"]["written"] == 2
        assert worlds.rows(connection, SHOWN) == [(1,), (2,)]
        assert worlds.schema(connection) == before


def test_somebody_who_reads_the_empty_table_is_not_waited_for_long(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "READERS_SECONDS", 0.2)
    with connected(filled) as reader, connected(filled) as connection:
        with reader.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM active_tree_region")
        worlds.run(connection, variant="incremental")
        assert worlds.rows(connection, SHOWN) == [(1,), (2,)]
        reader.rollback()


def test_somebody_who_may_write_the_table_but_does_not_own_it_fills_it_all_the_same(filled: str) -> None:
    with connected(filled) as connection:
        worlds.run_statements(
            connection,
            "DO $$ BEGIN CREATE ROLE tree_writer; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO tree_writer",
            "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO tree_writer",
            "SET ROLE tree_writer",
        )
        worlds.run(connection, variant="incremental")
        assert worlds.rows(connection, SHOWN) == [(1,), (2,)]


def test_a_table_that_somebody_has_emptied_is_filled_again(filled: str) -> None:
    with connected(filled) as connection:
        _emptied(connection)
        worlds.run(connection, variant="incremental")
        assert worlds.rows(connection, SHOWN) == [(1,), (2,)]


def test_without_any_active_tree_it_stays_empty(filled: str) -> None:
    with connected(filled) as connection:
        worlds.run(connection, variant="incremental")
        worlds.run_statements(connection, "UPDATE trees SET active = false")
        worlds.run(connection, variant="incremental")
        assert worlds.rows(connection, SHOWN) == []
        worlds.run_statements(connection, "UPDATE trees SET active = true WHERE id = 3")
        worlds.run(connection, variant="incremental")
        assert worlds.rows(connection, SHOWN) == [(3,)]
