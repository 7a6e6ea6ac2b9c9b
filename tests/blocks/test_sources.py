"""The formats of settings and their traps, each with its stated answer."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_client.records import Connection, Variable
from blocks.export_files import connection_found, read_export, variable_found
from blocks.exporting import Export, as_in_prefect, documents
from blocks.mirror import Entry
from blocks.names import block_name, is_block_name, is_variable_name, variable_name
from blocks.prefect_api import StoredBlock, StoredVariable
from blocks.sensitive import SensitiveRules
from blocks.settings import Found, comparable, extras, reference
from blocks.sources import gather, merged
from blocks.wanted import VARIABLE, Rules, Wanted, fitting, secret_value, text_of_secret, wanted
from pipelines.errors import CannotProceedError
from tests.blocks.samples import CONNECTIONS, connections, variable_texts


def _mirrored(found: Found, rules: Rules = Rules()) -> Wanted:  # noqa: B008 - frozen
    (item,) = wanted([found], rules)
    return item


@pytest.mark.parametrize(
    ("exported", "text"),
    [(5, "5"), ("5", "5"), (True, "true"), (None, "null"), ("007", "007"), ("", ""), (1.5, "1.5")],
)
def test_type_loss_a_scalar_is_text_again_as_variable_get_gives_it(exported: object, text: str) -> None:
    item = _mirrored(variable_found("x", exported, "f"))
    assert item.data == {"value": text}


def test_an_object_stays_an_object() -> None:
    assert _mirrored(variable_found("x", {"a": [1]}, "f")).data == {"value": {"a": [1]}}


def test_the_wrapper_is_a_value_with_its_description() -> None:
    found = variable_found("x", {"value": 5, "description": "d"}, "f")
    assert found.setting == Variable("x", "5", "d")


def test_an_object_with_value_and_other_keys_is_taken_whole_and_said_so() -> None:
    found = variable_found("x", {"value": 5, "unit": "m"}, "f")
    assert isinstance(found.setting, Variable)
    assert json.loads(found.setting.value) == {"value": 5, "unit": "m"}
    assert found.notes


@pytest.mark.parametrize("extra", ['{"a": 1}', '"{\\"a\\": 1}"'])
def test_extra_is_decoded_once_or_twice(extra: str) -> None:
    connection = connection_found("c", {"conn_type": "http", "extra": extra}, "f").setting
    assert isinstance(connection, Connection)
    assert extras(connection) == {"a": 1}
    assert connection.extra == extra


def test_a_host_with_a_scheme_in_a_uri() -> None:
    setting = connection_found("c", "http://https://u:p%40w@host.example:8080/path?x=1", "f").setting
    assert setting == Connection(
        "c", "http", host="https://host.example", login="u", password="p@w", port=8080, schema="path",
        extra='{"x": 1}',
    )  # fmt: skip


def test_an_env_file_of_connections_and_one_of_variables_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("a=postgres://h/d\nb=" + json.dumps({"conn_type": "ssh"}) + "\n")
    assert [reference(each.setting) for each in read_export(path)] == ["connection/a", "connection/b"]
    path.write_text("a=https://h/d\nb=just text\n")
    assert [reference(each.setting) for each in read_export(path)] == ["variable/a", "variable/b"]
    path.write_text("a=https://h/d\n")
    assert [reference(each.setting) for each in read_export(path, "variables")] == ["variable/a"]


def test_the_environment_goes_before_files_and_takes_their_spelling(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text(json.dumps({"My_Var": "file"}))
    environment = {"AIRFLOW_VAR_MY_VAR": "env", "AIRFLOW_VAR_SLACK_WEBHOOK": "u", "OTHER": "x"}
    gathered = gather([str(path), "env:"], known=["variable/SLACK_WEBHOOK"], environment=environment)
    found = {reference(each.setting): each for each in gathered.found}
    assert set(found) == {"variable/My_Var", "variable/SLACK_WEBHOOK"}
    assert found["variable/My_Var"].setting == Variable("My_Var", "env")
    assert "goes before" in found["variable/My_Var"].notes[0]


def test_a_dotenv_file_is_read_as_a_shell_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text(
        "# comment\nexport AIRFLOW_VAR_A='it is $HOME'\nAIRFLOW_CONN_B=\"ssh://u:p%25@h\"\nPATH=/x\n"
    )
    found = {reference(each.setting): each.setting for each in gather([f"dotenv:{path}"]).found}
    assert found["variable/a"] == Variable("a", "it is $HOME")
    connection = found["connection/b"]
    assert isinstance(connection, Connection)
    assert connection.password == "p%"


def test_two_files_that_do_not_agree_are_a_conflict() -> None:
    (found,) = merged([Found(Variable("x", "1"), "a.json"), Found(Variable("x", "2"), "b.json")])
    assert found.conflict is not None
    assert "a.json and b.json" in found.conflict


def test_a_file_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text("{}")
    path.chmod(0o644)
    assert "chmod 600" in gather([str(path)]).warnings[0]
    path.chmod(0o600)
    assert gather([str(path)]).warnings == ()


@pytest.mark.parametrize("source", ["nowhere.json", "x.txt", "env"])
def test_a_source_that_is_none_is_a_sentence(source: str) -> None:
    with pytest.raises(CannotProceedError, match="export"):
        gather([source])


@pytest.mark.parametrize("mask", ["***", "********"])
def test_a_mask_is_never_taken_for_a_value(mask: str) -> None:
    for found in (
        Found(Variable("x", mask), "f"),
        Found(Connection("c", "ssh", password=mask), "f"),
        Found(Connection("c", "ssh", extra=json.dumps({"token": mask})), "f"),
    ):
        assert "--airflow-python" in (_mirrored(found).conflict or "")


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("my_password", "x", True),
        ("My-API-Key", "x", True),
        ("plain", "x", False),
        ("plain", '{"a": {"Secret": 1}}', True),
        ("plain", "postgresql://u:p@h/d", True),
        ("token_count", "5", True),
        ("billing_code", "x", True),
        ("keyboard_token", "x", False),
        ("very_private", "x", True),
    ],
)
def test_what_is_secret_by_airflow_s_rules_and_the_user_s(key: str, value: str, secret: bool) -> None:
    rules = SensitiveRules(("private",), ("billing_*",), ("keyboard_*",))
    assert (rules.why_secret(Variable(key, value)) is not None) is secret


@given(st.text(min_size=1, max_size=300))
def test_every_name_becomes_one_that_prefect_takes(name: str) -> None:
    assert is_variable_name(variable_name(name))
    assert is_block_name(block_name(name))


@given(variable_texts())
def test_a_secret_s_text_comes_back(text: str) -> None:
    value = json.loads(json.dumps(secret_value(text)))
    again = text_of_secret(value)
    assert comparable(Variable("x", again)) == comparable(Variable("x", text))


def _stored(item: Wanted) -> StoredBlock | StoredVariable:
    data: dict[str, Any] = json.loads(json.dumps(dict(item.data)))
    if item.slug == VARIABLE:
        return StoredVariable("id", item.name, data["value"], ())
    return StoredBlock("id", item.slug, item.name, data, {})


@given(connections())
def test_any_connection_comes_back_as_it_was(fields: dict[str, Any]) -> None:
    found = connection_found("c", fields, "f")
    item = _mirrored(found)
    back = as_in_prefect(Entry(item.target, found.setting), _stored(item))
    assert back == found.setting
    assert isinstance(back, Connection)
    assert documents(Export((), (back,), (), ()))[1]["c"] == fields


@given(variable_texts())
def test_any_variable_comes_back_as_it_was(text: str) -> None:
    found = Found(Variable("x", text, None), "f")
    item = _mirrored(found)
    back = as_in_prefect(Entry(item.target, found.setting), _stored(item))
    assert back == found.setting
    assert isinstance(back, Variable)
    exported = documents(Export((back,), (), (), ()))[0]
    again = variable_found("x", json.loads(json.dumps(exported))["x"], "f")
    assert again.setting == found.setting


@pytest.mark.parametrize("name", CONNECTIONS)
def test_typed_blocks_hold_no_secret_where_prefect_shows_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if every integration were installed: nothing secret stands outside of the fields that hide it."""
    monkeypatch.setattr("blocks.wanted.installed", lambda module: True)
    item = _mirrored(connection_found(name, CONNECTIONS[name], "f"))
    hidden = {
        "password", "aws_secret_access_key", "client_secret", "connection_string", "service_account_info",
        "url", "headers", "token", "api_key", "extra",
    }  # fmt: skip
    assert "c4nary" not in json.dumps(_without(item.data, hidden))


@pytest.mark.parametrize("name", CONNECTIONS)
def test_typed_blocks_are_taken_by_their_own_classes(name: str, tmp_path: Path) -> None:
    """With the classes themselves, where their packages are installed."""
    found = connection_found(name, CONNECTIONS[name], "f")
    assert isinstance(found.setting, Connection)
    kind, mapped, notes = fitting(found.setting)
    if any("install" in note for note in notes):
        pytest.skip(notes[0])
    module, _, class_name = kind.block_class.partition(":")
    block_class: Any = getattr(importlib.import_module(module), class_name)
    data = json.loads(json.dumps(dict(mapped.data)))
    account = data.get("gcp_credentials", data).get("service_account_info")
    if account:
        account["private_key"] = _private_key()
    if "service_account_file" in json.dumps(data):
        pytest.skip("the block looks for the file, which is not here")
    block = block_class.model_validate(data)
    aliases = {field.alias or name for name, field in block_class.model_fields.items()}
    assert set(data) <= aliases | set(block_class.model_fields) | {"schema"}
    assert block.get_block_type_slug() == kind.slug


def _private_key() -> str:
    """Make a key that Google's library takes for one."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _without(data: Any, names: set[str]) -> Any:
    if isinstance(data, dict):
        return {key: _without(value, names) for key, value in data.items() if key not in names}
    return data
