"""plan, apply, check and export as a user types them, on a real Prefect server."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from typing import Any

import pytest

from blocks.prefect_api import PrefectApi
from tests.blocks.desk import Desk
from tests.blocks.samples import CANARY

pytestmark = pytest.mark.prefect
CONNECTION = {"conn_type": "postgres", "login": "u", "password": f"{CANARY}-1", "host": "h", "schema": "d"}


def test_a_variable_keeps_its_text_and_a_structure_its_shape(desk: Desk) -> None:
    from prefect.blocks.system import Secret
    from prefect.variables import Variable

    content = {"n": 5, "o": {"k": [1, None]}, "my_token": 42, "long": "x" * 6000}
    names = {key: desk.name(f"variable/{key}") for key in content}
    desk.mirror(desk.export("v.json", content))
    variables: Any = Variable  # its types do not know _sync
    assert variables.get(names["n"], _sync=True) == "5"
    assert variables.get(names["o"], _sync=True) == {"k": [1, None]}
    secrets: Any = Secret
    assert secrets.load(names["my_token"], _sync=True).get() == "42"
    assert secrets.load(names["long"], _sync=True).get() == "x" * 6000


def test_a_connection_becomes_the_block_that_a_flow_loads(desk: Desk) -> None:
    from prefect_sqlalchemy import SqlAlchemyConnector

    name = desk.name("connection/db")
    entry = {**CONNECTION, "extra": json.dumps({"sslmode": "require", "sslpassword": f"{CANARY}-2"})}
    source = desk.export("c.json", {"db": entry})
    step = desk.planned(source)["connection/db"]
    assert any("extra.sslpassword" in note for note in step["notes"])
    assert desk.blocks("apply", str(desk.plan)) == 0
    with SqlAlchemyConnector.load(name, _sync=True) as block:
        assert block._rendered_url.password == f"{CANARY}-1"
        assert block.connect_args == {"sslmode": "require"}


def test_the_generic_block_gives_every_field_to_a_flow(desk: Desk) -> None:
    from blocks.connection_block import AirflowConnection

    name = desk.name("connection/box")
    extra = json.dumps({"private_key": CANARY})
    entry = {**CONNECTION, "conn_type": "ssh", "port": 22, "extra": extra, "description": "the box"}
    desk.mirror(desk.export("c.json", {"box": entry}))
    kind: Any = AirflowConnection
    block = kind.load(name, _sync=True)
    assert (block.conn_id, block.conn_type, block.port, block.schema_name) == ("box", "ssh", 22, "d")
    assert block.password.get_secret_value() == f"{CANARY}-1"
    assert block.extra_dejson == {"private_key": CANARY}
    assert block.description == "the box"


def test_a_second_apply_has_no_effect(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.name("variable/x")
    source = desk.export("v.json", {"x": "1"})
    desk.mirror(source)
    capsys.readouterr()
    assert desk.blocks("apply", str(desk.plan)) == 0
    assert capsys.readouterr().out.startswith("0 settings written, 1 already in step")
    assert desk.planned(source)["variable/x"]["action"] == "leave"


def test_a_source_that_has_changed_since_the_plan_stops_apply(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = desk.name("connection/db")
    source = desk.export("c.json", {"db": CONNECTION})
    desk.planned(source)
    desk.export("c.json", {"db": {**CONNECTION, "password": f"{CANARY}-other"}})
    assert desk.blocks("apply", str(desk.plan)) == 2
    assert "connection/db" in capsys.readouterr().err
    assert desk.api.block("sqlalchemy-connector", name) is None


def test_prefect_changed_since_the_plan_stops_apply(desk: Desk) -> None:
    name = desk.name("variable/x")
    source = desk.export("v.json", {"x": "1"})
    desk.planned(source)
    desk.api.create_variable(name, "somebody else's", ())
    assert desk.blocks("apply", str(desk.plan)) == 2
    assert desk.planned(source)["variable/x"]["action"] == "conflict"
    assert desk.planned(source, options=("--take-over",))["variable/x"]["action"] == "change"
    assert desk.blocks("apply", str(desk.plan)) == 0
    assert desk.check(source) == 0


def test_check_says_on_which_side_something_changed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    names = {key: desk.name(f"connection/{key}") for key in ("kept", "here", "there", "both", "lost")}
    content = dict.fromkeys(names, CONNECTION)
    desk.mirror(desk.export("c.json", content))
    for key in ("there", "both"):
        block = desk.block("sqlalchemy-connector", names[key])
        schema = desk.api._request("GET", f"/block_documents/{block.id}")["block_schema_id"]
        info = {**block.data["connection_info"], "password": f"{CANARY}-prefect"}
        desk.api.update_block(block.id, schema, {"connection_info": info})
    desk.api.delete_block(desk.block("sqlalchemy-connector", names["lost"]).id)
    changed = {**CONNECTION, "password": f"{CANARY}-airflow", "port": 1}
    source = desk.export("c.json", {**content, "here": changed, "both": changed})
    capsys.readouterr()
    assert desk.blocks("check", "--from", source, "--env", str(desk.environment), "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert {entry["setting"]: entry["side"] for entry in document["drift"]} == {
        "connection/here": "airflow",
        "connection/there": "prefect",
        "connection/both": "both",
        "connection/lost": "prefect",
    }
    assert CANARY not in json.dumps(document)


def test_what_is_gone_in_airflow_is_said_and_left_alone(desk: Desk) -> None:
    name = desk.name("variable/old")
    desk.name("variable/new")
    desk.mirror(desk.export("v.json", {"old": "1", "new": "2"}))
    assert desk.check(desk.export("v.json", {"new": "2"})) == 1
    desk.mirror(desk.export("v.json", {"new": "2"}))
    assert any(each.name == name for each in desk.api.variables())


def test_a_change_made_in_prefect_goes_back_to_airflow(desk: Desk) -> None:
    name = desk.name("connection/db")
    plain = desk.name("variable/x")
    entry = {**CONNECTION, "extra": json.dumps({"sslmode": "require", "iam": False}), "description": "d"}
    desk.mirror(desk.export("c.json", {"db": entry}), desk.export("v.json", {"x": "1"}))
    block = desk.block("sqlalchemy-connector", name)
    schema = desk.api._request("GET", f"/block_documents/{block.id}")["block_schema_id"]
    info = {**block.data["connection_info"], "password": "new", "port": 6000}
    data = {"connection_info": info, "connect_args": {"sslmode": "disable"}}
    desk.api.update_block(block.id, schema, data)
    variable = next(each for each in desk.api.variables() if each.name == plain)
    desk.api.update_variable(variable.id, {"now": "json"}, ())
    out = desk.folder / "out"
    assert desk.blocks("export", "--out", str(out), "--env", str(desk.environment)) == 0
    back = json.loads((out / "connections.json").read_text())["db"]
    assert json.loads(back.pop("extra")) == {"sslmode": "disable", "iam": False}
    expected = {**CONNECTION, "password": "new", "port": 6000, "description": "d"}
    assert back == expected
    assert json.loads((out / "variables.json").read_text()) == {"x": {"now": "json"}}
    for path in out.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_variable_that_becomes_secret_leaves_no_plain_copy(desk: Desk) -> None:
    name = desk.name("variable/x")
    source = desk.export("v.json", {"x": f"{CANARY}-3"})
    desk.mirror(source)
    desk.extra = '[sensitive]\nsecret = ["x"]\n'
    desk.write_environment()
    step = desk.planned(source)["variable/x"]
    assert (step["action"], step["target"]) == ("create", f"secret/{name}")
    assert desk.blocks("apply", str(desk.plan)) == 0
    assert not any(each.name == name for each in desk.api.variables())
    assert desk.check(source) == 0


def test_a_refused_setting_does_not_stop_the_others_and_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("a", "b", "c"):
        desk.name(f"variable/{key}")
    refused = desk.names["variable/b"]
    create: Callable[..., None] = PrefectApi.create_variable

    def refuse(self: PrefectApi, name: str, value: Any, tags: tuple[str, ...]) -> None:
        create(self, "Not A Name" if name == refused else name, value, tags)

    source = desk.export("v.json", {"a": "1", "b": "2", "c": "3"})
    desk.planned(source)
    with monkeypatch.context() as patch:
        patch.setattr(PrefectApi, "create_variable", refuse)  # the server itself then answers 422
        assert desk.blocks("apply", str(desk.plan)) == 2
    assert "variable/b" in capsys.readouterr().out
    assert desk.blocks("apply", str(desk.plan)) == 0
    assert capsys.readouterr().out.startswith("1 settings written, 2 already in step")
    assert desk.check(source) == 0


def test_an_apply_that_is_cut_off_before_its_ledger_is_gone_on_with(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("a", "b", "c"):
        desk.name(f"variable/{key}")
    desk.mirror(desk.export("v.json", {"a": "1", "b": "2"}))
    source = desk.export("v.json", {"a": "new", "b": "2", "c": "3"})
    desk.planned(source)

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("blocks.applying._record", cut_off)
        assert desk.blocks("apply", str(desk.plan)) == 130
    assert desk.blocks("apply", str(desk.plan)) == 0
    assert "2 settings written, 1 already in step" in capsys.readouterr().out
    assert desk.check(source) == 0


def test_names_that_meet_are_conflicts_until_one_gets_a_name(desk: Desk) -> None:
    source = desk.export("v.json", {f"{desk.tag} A": "1", f"{desk.tag}_a": "2"})
    steps = desk.planned(source)
    assert {step["action"] for step in steps.values()} == {"conflict"}
    desk.name(f"variable/{desk.tag}_a")
    assert {step["action"] for step in desk.planned(source).values()} == {"create"}


def test_without_the_key_a_plan_cannot_be_applied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.name("variable/x")
    source = desk.export("v.json", {"x": "1"})
    desk.planned(source)
    key = desk.folder / "another.key"
    key.write_bytes(b"0" * 32)
    key.chmod(0o600)
    monkeypatch.setenv("REPLANT_PLAN_KEY_FILE", str(key))
    assert desk.blocks("apply", str(desk.plan)) == 2
