"""One database, three engines by turns, and changes in between: after each run the rows are the oracle's."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.databases import connected, create_database
from engines.run import EngineName, RunRequest
from engines.session import SessionOptions, open_session
from tests.pipelines import oracle, worlds
from tests.pipelines.oracle import Region, Tree

REGIONS = [
    Region(1, ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)), {1: 1, 14: 2}),
    Region(2, ((0.05, 0.0), (0.2, 0.0), (0.2, 0.1), (0.05, 0.1)), {1: 2}),
]
TURNS: tuple[EngineName, ...] = ("standalone", "airflow", "prefect", "standalone")


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.prefect
def test_engines_take_turns_on_one_database(tmp_path: Path) -> None:
    options = SessionOptions(("standalone", "airflow", "prefect"), "in-process", tmp_path)
    with open_session(options) as session:
        url = create_database(session.server_url, "turns")
        trees = {number: Tree(number, (0.011 * number, 0.042)) for number in range(1, 12)}
        with connected(url) as connection:
            worlds.run_statements(connection, "CREATE EXTENSION postgis")
            worlds.create_schema(url)
            worlds.upgrade(url)
            worlds.fill(connection, trees.values(), REGIONS)
        for turn, engine in enumerate(TURNS):
            if engine not in TURNS[:turn]:
                session.start(engine)
            log_dir = tmp_path / f"turn-{turn}"
            log_dir.mkdir()
            run = session.run(engine, RunRequest("tree_clusters", url, log_dir, label=f"turn-{turn}"))
            assert run.state == "success", run.error
            with connected(url) as connection:
                expected = oracle.tree_regions(trees.values(), REGIONS)
                found = worlds.rows(connection, "SELECT tree_id, zoom_level, region_id FROM tree_region")
                assert found == sorted(expected), engine
                located = [tree.position for tree in trees.values() if tree.position]
                assert worlds.found_clusters(connection) == oracle.clusters(located, 0.005), engine
                assert worlds.found_view(connection) == worlds.as_view(expected, dict.fromkeys(trees, True))

                trees[turn + 2] = Tree(turn + 2, (0.171, 0.021 + 0.004 * turn))
                worlds.move(connection, turn + 2, trees[turn + 2].position)
                del trees[11 - turn]
                worlds.run_statements(connection, f"DELETE FROM trees WHERE id = {11 - turn}")
                trees[20 + turn] = Tree(20 + turn, (0.013, 0.0431 + 0.004 * turn))
                worlds.plant(connection, trees[20 + turn])
