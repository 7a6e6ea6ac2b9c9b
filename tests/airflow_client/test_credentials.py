"""Where the login of a user's Airflow may come from, and that a careless file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_client.credentials import Credentials, from_environment
from pipelines.errors import CannotProceedError


def _file(folder: Path, content: str, mode: int = 0o600) -> dict[str, str]:
    path = folder / "login.json"
    path.write_text(content)
    path.chmod(mode)
    return {"REPLANT_AIRFLOW_CREDENTIALS": str(path)}


def test_the_environment_gives_a_token_or_a_user() -> None:
    assert from_environment({"REPLANT_AIRFLOW_TOKEN": "t"}) == Credentials(token="t")
    login = {"REPLANT_AIRFLOW_USER": "u", "REPLANT_AIRFLOW_PASSWORD": "p"}
    assert from_environment(login) == Credentials("u", "p")


def test_a_file_gives_either(tmp_path: Path) -> None:
    assert from_environment(_file(tmp_path, '{"token": "t"}')) == Credentials(token="t")
    login = _file(tmp_path, '{"username": "u", "password": "p"}')
    assert from_environment(login) == Credentials("u", "p")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match="chmod 600"):
        from_environment(_file(tmp_path, '{"token": "t"}', mode=0o640))


@pytest.mark.parametrize("content", ["pa55-canary", '["pa55-canary"]', '{"password": "pa55-canary"}'])
def test_a_file_without_a_login_is_told_without_its_content(tmp_path: Path, content: str) -> None:
    with pytest.raises(CannotProceedError, match="login") as told:
        from_environment(_file(tmp_path, content))
    assert "canary" not in str(told.value)


def test_no_login_names_the_ways_to_give_one() -> None:
    with pytest.raises(CannotProceedError, match=r"REPLANT_AIRFLOW_TOKEN.*mode 0600"):
        from_environment({})


def test_no_login_shows_in_a_repr() -> None:
    assert "canary" not in repr(Credentials("admin", "pa55-canary", "token-canary"))
