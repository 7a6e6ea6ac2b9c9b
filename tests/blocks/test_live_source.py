"""Settings out of a live Airflow: masked by REST, whole by its Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_client.records import Connection, Variable
from blocks.environments import load_environment
from blocks.settings import Found, Setting, comparable, reference
from blocks.sources import gather
from blocks.wanted import Wanted, wanted
from engines.airflow import AirflowEngine
from engines.places import AIRFLOW_PYTHON
from tests.blocks.airflow_home import Home

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


def test_rest_masks_secrets_and_the_mask_is_never_written(
    airflow: AirflowEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert airflow.login_file is not None
    ((user, password),) = json.loads(airflow.login_file.read_text()).items()
    monkeypatch.setenv("REPLANT_AIRFLOW_USER", user)
    monkeypatch.setenv("REPLANT_AIRFLOW_PASSWORD", password)
    made = Connection("blocks_rest", "postgres", host="h", login="u", password="c4nary-rest", port=1)
    open_ = Connection("blocks_open", "http", host="h", extra='{"timeout": 5}')
    airflow.client.create_connection(made)
    airflow.client.create_connection(open_)
    airflow.client.create_variable(Variable("blocks_token", "c4nary-rest-token"))
    airflow.client.create_variable(Variable("blocks_plain", "seen"))
    source = f"airflow:{airflow.ui_url}"
    try:
        found = {item.reference: item for item in _wanted(gather([source]).found)}
        for name in ("connection/blocks_rest", "variable/blocks_token"):
            assert "--airflow-python" in (found[name].conflict or "")
        assert found["connection/blocks_open"].conflict is None
        assert found["variable/blocks_plain"].data["value"] == "seen"

        export = tmp_path / "c.json"
        fields = {"conn_type": "postgres", "host": "h", "login": "u", "password": "c4nary-rest", "port": 1}
        export.write_text(json.dumps({"blocks_rest": fields}))
        both = {reference(each.setting): each for each in gather([source, str(export)]).found}
        assert both["connection/blocks_rest"].conflict is None
        assert comparable(both["connection/blocks_rest"].setting) == comparable(made)
    finally:
        airflow.client.delete_connection(made.connection_id)
        airflow.client.delete_connection(open_.connection_id)
        airflow.client.delete_variable("blocks_token")
        airflow.client.delete_variable("blocks_plain")


def test_airflow_s_python_reads_everything_secrets_backends_included(
    filled: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    backend = tmp_path / "backend.json"
    backend.write_text(json.dumps({"only_in_backend": "ssh://u:c4nary-backend@box:22"}))
    for name, value in filled.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", "airflow.secrets.local_filesystem.LocalFilesystemBackend")
    monkeypatch.setenv(
        "AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps({"connections_file_path": str(backend)})
    )
    monkeypatch.setenv("AIRFLOW_CONN_A_MYSQL", "mysql://other:c4nary-env@env-host/d")
    gathered = gather([], AIRFLOW_PYTHON, known=["connection/only_in_backend", "variable/not_there"])
    found = {reference(each.setting): each for each in gathered.found}

    hidden = found["connection/only_in_backend"].setting
    assert isinstance(hidden, Connection)
    assert (hidden.host, hidden.password, hidden.port) == ("box", "c4nary-backend", 22)
    shadowed = found["connection/a_mysql"].setting
    assert isinstance(shadowed, Connection)
    assert shadowed.host == "env-host"  # Airflow asks its environment first
    assert "variable/not_there" not in found

    exported = [str(filled.folder / name) for name in ("connections.json", "variables.json")]
    for each in gather(exported).found:
        name = reference(each.setting)
        if name != "connection/a_mysql":
            assert _as_exported(found[name].setting) == _as_exported(each.setting), name


def _as_exported(setting: Setting) -> object:
    """Give what Airflow's export keeps of a setting: of the text 1e5, for instance, the number."""
    if isinstance(setting, Connection):
        return comparable(setting)
    try:
        value = json.loads(setting.value)
    except ValueError:
        value = setting.value
    return (
        setting.value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    ), setting.description


def _wanted(found: tuple[Found, ...]) -> list[Wanted]:
    return list(wanted(found, load_environment(None).rules))
