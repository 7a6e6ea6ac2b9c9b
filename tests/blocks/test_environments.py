"""Files of environments, and `deployment.py`, which asks whether their settings are in step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.environments import load_environment
from engines.places import CHECKOUT
from pipelines.errors import CannotProceedError
from tests.blocks.desk import Desk


def test_the_environments_of_the_checkout_can_be_read() -> None:
    for name in ("dev", "prod"):
        environment = load_environment(name)
        assert environment.sources == ()
        assert environment.rules.names["connection/postgres_default"] == "treetracker-db"


@pytest.mark.parametrize(
    "content",
    [
        "[nonsense]\na = 1",
        "[airflow]\nform = []",
        "[names]\npostgres_default = 'x'",
        "[airflow]\nfrom = ['airflow:http://u:pw@h']",
        "[sensitive]\nwords = [5]",
        "not toml",
    ],
)
def test_what_does_not_belong_into_the_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(CannotProceedError) as raised:
        load_environment(str(path))
    assert "pw" not in str(raised.value)


def test_an_unknown_environment_names_those_that_exist() -> None:
    with pytest.raises(CannotProceedError, match="dev, prod"):
        load_environment("stage")


@pytest.mark.prefect
def test_deployment_py_refuses_until_the_settings_are_in_step(desk: Desk, prefect_home: Path) -> None:
    entry = {"conn_type": "postgres", "login": "u", "password": "c4nary", "host": "h", "schema": "d"}
    source = desk.export("c.json", {"postgres_default": entry})
    desk.extra = f'[airflow]\nfrom = ["{source}"]\n'
    name = desk.name("connection/postgres_default")
    desk.write_environment()
    dev = desk.environment.rename(desk.folder / "dev.toml")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(prefect_home),
        "PREFECT_HOME": str(prefect_home),
        "PREFECT_API_URL": desk.api.address.url,
        "REPLANT_ENVIRONMENTS": str(desk.folder),
    }

    def deploy() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(CHECKOUT / "deployment.py"), "--env", "dev"],
            env=env, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    refused = deploy()
    assert refused.returncode == 2, refused.stdout
    assert f"connection/postgres_default: new: sqlalchemy-connector/{name}" in refused.stderr
    assert "created" not in refused.stdout

    assert desk.blocks("plan", "--env", str(dev), "--plan", str(desk.plan)) == 0
    assert json.loads(desk.plan.read_text())["sources"] == [source]
    assert desk.blocks("apply", str(desk.plan)) == 0
    done = deploy()
    assert done.returncode == 0, done.stderr
    assert "deployment assign_tree_flow/dev: created" in done.stdout
    assert "c4nary" not in refused.stderr + done.stdout + done.stderr
