"""There and back: Airflow -> plan -> apply -> Prefect -> export -> Airflow, both of them real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import replant
from airflow_client.cli import AirflowCli
from blocks.airflow_uri import from_fields
from blocks.export_files import connection_found, read_export
from blocks.settings import Found, comparable, reference
from engines.places import AIRFLOW_PYTHON
from engines.service import environment
from tests.blocks.samples import CONNECTIONS, DESCRIPTIONS, VARIABLES, made_up

pytestmark = [pytest.mark.prefect, pytest.mark.airflow, pytest.mark.slow]


# Airflow's own commands, one after the other in one process: importing Airflow takes 3 s and more.
COMMANDS = """
import json, os, sys
home = os.environ["AIRFLOW_HOME"]
from airflow.cli.cli_parser import get_parser
for arguments in json.load(sys.stdin):
    options = get_parser().parse_args(arguments)
    options.func(options)

from airflow.models import Connection
def fields(connection_id, uri):
    try:
        read = Connection(conn_id=connection_id, uri=uri)
    except Exception:
        return None
    names = ("conn_type", "host", "login", "password", "port", "schema", "extra", "description")
    return {name: getattr(read, name) for name in names}
lines = open(home + "/uris.env", newline="\\n").read().splitlines()
found = {line.partition("=")[0]: fields(*line.split("=", 1)) for line in lines}
json.dump(found, open(home + "/uris_read.json", "w"))
"""
FORMATS: dict[str, tuple[str, ...]] = {
    "connections.json": (),
    "connections.yaml": (),
    "uris.env": ("--serialization-format", "uri"),
    "objects.env": ("--serialization-format", "json"),
}


@dataclass(frozen=True)
class Home:
    """A database of Airflow's own on SQLite, filled and read by its own commands."""

    folder: Path

    def fill(self, connections: Path, variables: Path) -> None:
        """Make the database, import both files, export everything in every format."""
        commands = [["db", "migrate"]]
        commands += [["connections", "import", str(connections)], ["variables", "import", str(variables)]]
        for name, options in FORMATS.items():
            commands.append(["connections", "export", str(self.folder / name), *options])
        commands.append(["variables", "export", str(self.folder / "variables.json")])
        script = self.folder / "commands.py"
        script.write_text(COMMANDS)
        AirflowCli(AIRFLOW_PYTHON, self.environment()).script(script, json.dumps(commands))

    def environment(self) -> dict[str, str]:
        """Give the environment in which Airflow finds this database."""
        return environment(
            self.folder,
            {
                "AIRFLOW_HOME": str(self.folder),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder}/airflow.db",
                # 32 zero bytes, urlsafe base64: a key for a throw-away database
                "AIRFLOW__CORE__FERNET_KEY": "A" * 43 + "=",
            },
        )

    def read(self, name: str) -> dict[str, Any]:
        """Read one of the exports."""
        values: dict[str, Any] = json.loads((self.folder / name).read_text())
        return values


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An Airflow that holds a connection of every type, made-up ones, and Variables."""
    folder = tmp_path_factory.mktemp("airflow")
    more_connections, more_variables = made_up(60)
    (folder / "in.json").write_text(json.dumps(CONNECTIONS | more_connections))
    wrapped = {
        # always wrapped, so that the text arrives as it is
        key: {"value": text, "description": DESCRIPTIONS.get(key)}
        for key, text in (VARIABLES | more_variables).items()
    }
    (folder / "in_variables.json").write_text(json.dumps(wrapped))
    home = Home(folder)
    home.fill(folder / "in.json", folder / "in_variables.json")
    assert set(home.read("connections.json")) == {*CONNECTIONS, *more_connections}
    assert set(home.read("variables.json")) == {*VARIABLES, *more_variables}
    return home


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
