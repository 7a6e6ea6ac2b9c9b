"""Canaries in every field, then a search through all that the commands print, write or raise."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.blocks.desk import Desk
from tests.blocks.samples import CANARY, CONNECTIONS

pytestmark = pytest.mark.prefect
FIELDS = ("login", "password", "host", "schema", "description")


def _planted(number: int) -> dict[str, Any]:
    """Give connections of every type with a canary in every text field and in the extras."""
    planted = {}
    for name, entry in CONNECTIONS.items():
        extra = {"password": f"{CANARY}-e{number}", "odd": [f"{CANARY}-f{number}"], "account": f"{CANARY}-g"}
        fields = {field: f"{CANARY}-{field}-{number}" for field in FIELDS}
        planted[name] = {**entry, **fields, "port": 5, "extra": json.dumps(extra)}
    return planted


VARIABLES = {
    "my_password": f"{CANARY}-v",
    "nested": {"deep": {"api_key": f"{CANARY}-n"}},
    "url": f"postgresql://u:{CANARY}-u@h/d",
    "hook": f"https://hooks.slack.com/services/T/B/{CANARY}-s",
    "described": {"value": {"token": 1}, "description": f"{CANARY}-d"},
}


@pytest.fixture
def searched(
    desk: Desk, prefect_home: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[Desk]:
    """A desk; afterwards everything that came out is searched."""
    yield desk
    out, err = capsys.readouterr()
    for place, text in (("stdout", out), ("stderr", err), ("log", caplog.text)):
        assert CANARY not in text, f"{place}: {_around(text)}"
    assert CANARY not in (prefect_home / "server.log").read_text()
    for path in desk.folder.rglob("*"):
        if path.is_file() and not path.name.startswith("source"):
            assert CANARY not in path.read_text(), path


def _around(text: str) -> str:
    place = text.index(CANARY)
    return text[max(0, place - 100) : place + 100]


def test_plan_apply_check_and_export(searched: Desk) -> None:
    for name in CONNECTIONS:
        searched.name(f"connection/{name}")
    for key in VARIABLES:
        searched.name(f"variable/{key}")
    sources = [searched.export("source_c.json", _planted(1)), searched.export("source_v.json", VARIABLES)]
    environment = ["--env", str(searched.environment)]
    steps = searched.planned(*sources)
    assert {step["action"] for step in steps.values()} == {"create"}
    assert searched.blocks("plan", "--json", "--from", *sources, *environment) == 0
    assert searched.blocks("apply", str(searched.plan)) == 0
    searched.export("source_c.json", _planted(2))
    assert searched.blocks("apply", str(searched.plan)) == 2
    assert searched.check(*sources) == 1
    assert searched.blocks("check", "--json", "--from", *sources, *environment) == 1
    searched.mirror(*sources)
    out = searched.folder / "out"
    assert searched.blocks("export", "--out", str(out), *environment) == 0
    assert searched.blocks("uses", str(searched.folder), "--from", *sources, *environment) == 0
    for path in out.iterdir():
        assert CANARY in path.read_text()
        path.unlink()  # these are to hold the secrets, and are 0600


BROKEN = {
    "source.json": f'{{"a": "{CANARY}", }}',
    "source_twice.json": f'{{"a": "{CANARY}", "a": "{CANARY}"}}',
    "source_list.json": f'["{CANARY}"]',
    "source.yaml": f"a: [{CANARY}\n  b: {CANARY}: {CANARY}",
    "source_bad_line.env": f"{CANARY}",
    "source_binary.json": f'"\udcff{CANARY}"',
}


@pytest.mark.parametrize("name", BROKEN)
def test_files_that_cannot_be_read(searched: Desk, name: str) -> None:
    path = searched.folder / name
    path.write_bytes(BROKEN[name].encode("utf-8", "surrogateescape"))
    assert searched.blocks("plan", "--from", str(path)) == 2


@pytest.mark.parametrize(
    "value",
    [
        f"postgres://u:{CANARY}:@h:{CANARY}/d",
        f"postgres://u:{CANARY}@[h/d",
        f"{CANARY}",
        f"a://{CANARY}://{CANARY}://{CANARY}",
        f'{{"conn_type": "x", "{CANARY}',
        f'{{"conn_type": "x", "port": "{CANARY}"}}',
        f'{{"conn_type": 5, "password": "{CANARY}"}}',
    ],
)
def test_connections_that_cannot_be_read(searched: Desk, value: str) -> None:
    path = searched.folder / "source.env"
    path.write_text(f"db={value}\n")
    assert searched.blocks("plan", "--from", f"connections:{path}", "--plan", str(searched.plan)) == 0
    (step,) = json.loads(searched.plan.read_text())["settings"]
    assert step["action"] == "conflict"


def test_an_environment_s_file_with_a_secret_in_it(searched: Desk) -> None:
    searched.extra = f'[prefect]\napi_url = "http://u:{CANARY}@h/api"\n'
    searched.write_environment()
    path = searched.environment.rename(searched.folder / "source.toml")
    assert searched.blocks("check", "--from", "env:", "--env", str(path)) == 2


def test_a_prefect_that_breaks_off(searched: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    source = searched.export("source_c.json", _planted(3))
    searched.planned(source)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert searched.blocks("apply", str(searched.plan)) == 2


def test_what_prefect_refuses(searched: Desk) -> None:
    """A server's answer to a bad request repeats the request."""
    with pytest.raises(Exception, match="422") as raised:
        searched.api.create_block("Not A Name", "not an id", "not an id", {"value": f"{CANARY}-refused"})
    shown = "".join(traceback.format_exception(raised.value)).replace("{CANARY}", "")
    assert CANARY not in shown
    assert raised.value.__context__ is None
