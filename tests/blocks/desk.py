"""A place to plan and apply from: export files, names and a ledger of its own on a shared server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import replant
from blocks.prefect_api import PrefectApi, StoredBlock


class Desk:
    """A folder with an export in it, and a ledger and names of its own on the server."""

    def __init__(self, folder: Path, api: PrefectApi) -> None:
        self.folder = folder
        self.api = api
        self.tag = folder.name.replace("_", "-").lower()
        self.environment = folder / "desk.toml"
        self.plan = folder / "plan.json"
        self.names: dict[str, str] = {}
        self.extra = ""
        self.write_environment()

    def write_environment(self) -> None:
        """Write the TOML file with what is set by now."""
        names = "".join(f'"{key}" = "{value}"\n' for key, value in self.names.items())
        self.environment.write_text(f'[ledger]\nname = "{self.tag}"\n{self.extra}\n[names]\n{names}')

    def name(self, reference: str) -> str:
        """Give a setting a name that no other test uses."""
        name = f"{self.tag}-{len(self.names)}"
        self.names[reference] = name
        self.write_environment()
        return name

    def export(self, name: str, content: Any) -> str:
        """Write an export file of Airflow's."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        path.chmod(0o600)
        return str(path)

    def blocks(self, *arguments: str) -> int:
        """Run `replant blocks ...`."""
        return replant.main(["blocks", *arguments])

    def planned(self, *sources: str, options: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
        """Plan; give the file's steps by setting."""
        done = self.blocks("plan", *options, "--from", *sources, "--env", str(self.environment),
                           "--plan", str(self.plan))  # fmt: skip
        assert done == 0
        return {step["setting"]: step for step in json.loads(self.plan.read_text())["settings"]}

    def mirror(self, *sources: str) -> None:
        """Plan and apply."""
        self.planned(*sources)
        assert self.blocks("apply", str(self.plan)) == 0

    def check(self, *sources: str) -> int:
        """Check; give the exit code."""
        return self.blocks("check", "--from", *sources, "--env", str(self.environment))

    def block(self, slug: str, name: str) -> StoredBlock:
        """Read a block that must be there."""
        found = self.api.block(slug, name)
        assert found is not None
        return found
