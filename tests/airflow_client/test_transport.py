"""What a user is told when an Airflow is wrong, away or refuses; and that no secret is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_client.credentials import Credentials
from airflow_client.records import Connection
from airflow_client.rest import AirflowClient
from airflow_client.transport import AirflowApiError
from engines.ports import free_ports
from pipelines.errors import CannotProceedError

if TYPE_CHECKING:
    from tests.airflow_client.conftest import TroubledAirflow

LOGIN = Credentials("admin", "pa55-canary")
TOKEN = (201, {"access_token": "token-canary"})


def test_a_token_that_has_expired_is_renewed_once(troubled: TroubledAirflow) -> None:
    troubled.answers = {
        "POST /auth/token": [(201, {"access_token": "old"}), (201, {"access_token": "new"})],
        "GET /api/v2/dags": [(401, {"detail": "expired"}), (200, {"dags": [], "total_entries": 0})],
    }
    with AirflowClient(troubled.url, LOGIN) as client:
        assert client.dags() == ()
    assert [token for asked, token in troubled.asked if "dags" in asked] == ["Bearer old", "Bearer new"]


def test_a_token_of_the_user_is_not_renewed(troubled: TroubledAirflow) -> None:
    troubled.answers = {"GET /api/v2/dags": [(401, {"detail": "Signature has expired"})]}
    with (
        AirflowClient(troubled.url, Credentials(token="token-canary")) as client,
        pytest.raises(AirflowApiError, match="401: Signature has expired") as told,
    ):
        client.dags()
    assert "canary" not in str(told.value)


def test_a_wrong_password_is_told_without_it(troubled: TroubledAirflow) -> None:
    troubled.answers = {"POST /auth/token": [(401, {"detail": "Invalid credentials pa55-canary"})]}
    with (
        AirflowClient(troubled.url, LOGIN) as client,
        pytest.raises(AirflowApiError, match=r"refuses the login of admin\. Check") as told,
    ):
        client.dags()
    assert "canary" not in str(told.value)


def test_what_airflow_repeats_of_a_refused_connection_is_not_told(troubled: TroubledAirflow) -> None:
    detail = [{"loc": ["body", "port"], "msg": "not a number", "input": {"password": "pa55-canary"}}]
    troubled.answers = {
        "POST /auth/token": [TOKEN],
        "POST /api/v2/connections": [(422, {"detail": detail})],
    }
    with (
        AirflowClient(troubled.url, LOGIN) as client,
        pytest.raises(AirflowApiError, match=r"422: body\.port: not a number\.$") as told,
    ):
        client.create_connection(Connection("c", "postgres", password="pa55-canary"))
    assert "canary" not in str(told.value)


def test_a_busy_airflow_is_asked_again_but_nothing_is_done_twice(troubled: TroubledAirflow) -> None:
    troubled.answers = {
        "POST /auth/token": [TOKEN],
        "GET /api/v2/dags": [(503, {}), (502, {}), (200, {"dags": [], "total_entries": 0})],
        "POST /api/v2/variables": [(503, {"detail": "busy"})],
    }
    with AirflowClient(troubled.url, LOGIN) as client:
        assert client.dags() == ()
        with pytest.raises(AirflowApiError, match="503: busy"):
            client._transport.request("POST", "/api/v2/variables", body={})
    assert [asked for asked, _ in troubled.asked].count("POST /api/v2/variables") == 1


def test_an_airflow_that_is_away_is_told_with_its_address() -> None:
    [port] = free_ports(1)
    with (
        AirflowClient(f"http://127.0.0.1:{port}", LOGIN) as client,
        pytest.raises(AirflowApiError, match=f"127.0.0.1:{port} cannot be reached .ConnectError.") as told,
    ):
        client.health()
    assert told.value.status == 0


def test_something_that_is_no_airflow_is_told(troubled: TroubledAirflow) -> None:
    troubled.answers = {"GET /api/v2/version": [(200, b"<html>hello</html>")]}
    with AirflowClient(troubled.url, LOGIN) as client:
        with pytest.raises(AirflowApiError, match="not JSON: is it an Airflow 3"):
            client.version()
        with pytest.raises(AirflowApiError, match="has no /auth/token"):
            client.dags()


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host/", "http://"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(CannotProceedError, match="is no address of an Airflow"):
        AirflowClient(url, LOGIN)


def test_a_login_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(CannotProceedError, match="holds a login") as told:
        AirflowClient("http://admin:pa55-canary@127.0.0.1:8080", LOGIN)
    assert "canary" not in str(told.value)


def test_a_listing_is_read_page_by_page(troubled: TroubledAirflow) -> None:
    def page(first: int, count: int) -> tuple[int, object]:
        variables = [{"key": f"v{n}", "value": ""} for n in range(first, first + count)]
        return 200, {"variables": variables, "total_entries": 130}

    troubled.answers = {"POST /auth/token": [TOKEN], "GET /api/v2/variables": [page(0, 100), page(100, 30)]}
    with AirflowClient(troubled.url, LOGIN) as client:
        assert [variable.key for variable in client.variables()] == [f"v{n}" for n in range(130)]
