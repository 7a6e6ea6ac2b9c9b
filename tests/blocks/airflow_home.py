"""A database of Airflow's own, filled and read by Airflow's own commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_client.cli import AirflowCli
from engines.places import AIRFLOW_PYTHON
from engines.service import environment

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
