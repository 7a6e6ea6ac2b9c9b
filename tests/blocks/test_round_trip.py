"""There and back: Airflow -> plan -> apply -> Prefect -> export -> Airflow, both of them real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import replant
from blocks.airflow_uri import from_fields
from blocks.export_files import connection_found, read_export
from blocks.settings import Found, comparable, reference
from tests.blocks.airflow_home import Home

pytestmark = [pytest.mark.prefect, pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture
def ledger(prefect_api: str, tmp_path: Path) -> Iterator[str]:
    """An environment with a ledger of its own, so that tests do not see each other's settings."""
    path = tmp_path / "round.toml"
    path.write_text(f'[ledger]\nname = "round-{tmp_path.name.replace("_", "-")}"\n')
    yield str(path)


def test_everything_comes_back_as_it_was(
    filled: Home, ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(filled.folder / "connections.json"), str(filled.folder / "variables.json")]
    sources = ["--from", *files, "--env", ledger]
    plan = tmp_path / "plan.json"
    assert _blocks("plan", *sources, "--take-over", "--plan", str(plan)) == 0
    steps = json.loads(plan.read_text())["settings"]
    assert [step for step in steps if step["action"] == "conflict"] == []
    assert _blocks("apply", str(plan)) == 0, capsys.readouterr().out
    assert _blocks("check", *sources) == 0
    assert _blocks("export", "--out", str(tmp_path / "out"), "--env", ledger) == 0

    second = Home(tmp_path / "second")
    second.folder.mkdir()
    second.fill(tmp_path / "out" / "connections.json", tmp_path / "out" / "variables.json")
    before, after = filled.read("connections.json"), second.read("connections.json")
    assert sorted(before) == sorted(after)
    for name, entry in before.items():
        assert after[name] == entry, name
    assert second.read("variables.json") == filled.read("variables.json")


@pytest.mark.parametrize("name", ["connections.yaml", "objects.env"])
def test_every_format_of_airflow_s_gives_the_same_settings(filled: Home, name: str) -> None:
    expected = _by_reference(filled.folder / "connections.json")
    found = _by_reference(filled.folder / name)
    assert sorted(found) == sorted(expected)
    for reference_, each in found.items():
        assert each.conflict is None, reference_
        # the JSON form of a .env file leaves out what is empty
        if name == "objects.env":
            assert _without_empty(each) == _without_empty(expected[reference_])
        else:
            assert comparable(each.setting) == comparable(expected[reference_].setting)


def test_a_uri_is_read_as_airflow_reads_it(filled: Home) -> None:
    for line in (filled.folder / "uris.env").read_text().splitlines():
        connection_id, _, uri = line.partition("=")
        airflow_s = filled.read("uris_read.json")[connection_id]
        ours = connection_found(connection_id, uri, "x")
        if airflow_s is None:
            assert ours.conflict, uri
        else:
            assert ours.conflict is None, uri
            assert comparable(ours.setting) == comparable(from_fields(connection_id, airflow_s)), uri


def _by_reference(path: Path) -> dict[str, Found]:
    return {reference(each.setting): each for each in read_export(path)}


def _without_empty(found: Found) -> dict[str, Any]:
    return {
        key: value for key, value in comparable(found.setting).items() if value not in (None, "", "{}", {})
    }


def _blocks(*arguments: str) -> int:
    return replant.main(["blocks", *arguments])
