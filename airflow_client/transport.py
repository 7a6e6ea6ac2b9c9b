"""HTTP to an Airflow: token, retries, and errors as sentences that hold no secret."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from airflow_client.credentials import Credentials
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask, mask_values

LOOPBACK = ("127.0.0.1", "localhost", "::1")
RETRY_AFTER_SECONDS = (0.2, 0.5, 1.0)


class AirflowApiError(CannotProceedError):
    """Airflow answered with an error; `status` is the HTTP status, 0 if there was no answer."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class Transport:
    """Requests to one Airflow, with a token that is fetched when needed and renewed when refused."""

    def __init__(self, url: str, credentials: Credentials, timeout_seconds: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CannotProceedError(f"{mask(url)!r} is no address of an Airflow: http://HOST:PORT is meant.")
        if parts.username or parts.password:
            raise CannotProceedError(
                f"The address {mask(url)} holds a login; give it by the environment or a file instead."
            )
        self.url = url.rstrip("/")
        self._credentials = credentials
        self._token = credentials.token
        # A proxy of the environment cannot reach this machine's loopback.
        self._http = httpx.Client(timeout=timeout_seconds, trust_env=parts.hostname not in LOOPBACK)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Give the JSON of a GET. Raises AirflowApiError."""
        return self.request("GET", path, query=query)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Give the answer's JSON, or None if it has no body. Raises AirflowApiError."""
        if self._token is None:
            self._token = self._fetch_token()
        answer = self._send(method, path, body, query, {"Authorization": f"Bearer {self._token}"})
        if answer.status_code == 401 and self._credentials.token is None:
            self._token = self._fetch_token()  # it has expired
            answer = self._send(method, path, body, query, {"Authorization": f"Bearer {self._token}"})
        if answer.status_code >= 400:
            raise self._error(answer, method, path)
        return self._json(answer, method, path) if answer.content else None

    def open_get(self, path: str) -> Any:
        """Give the JSON of a GET that needs no login, such as the health. Raises AirflowApiError."""
        answer = self._send("GET", path, None, None, {})
        if answer.status_code >= 400:
            raise self._error(answer, "GET", path)
        return self._json(answer, "GET", path)

    def _fetch_token(self) -> str:
        login = self._credentials
        if login.username is None:
            answer = self._send("GET", "/auth/token", None, None, {})
        else:
            body = {"username": login.username, "password": login.password}
            answer = self._send("POST", "/auth/token", body, None, {})
        if answer.status_code in (401, 403):
            raise AirflowApiError(
                f"Airflow at {self.url} refuses the login of {login.username or 'nobody'}. "
                "Check user and password.",
                answer.status_code,
            )
        if answer.status_code == 404:
            raise AirflowApiError(
                f"{self.url} has no /auth/token: it is not an Airflow 3, or the address lacks a path. "
                "With an Airflow whose login is elsewhere (OAuth, a managed service), give a token.",
                404,
            )
        if answer.status_code >= 400:
            raise self._error(answer, "POST", "/auth/token")
        return str(self._json(answer, "POST", "/auth/token")["access_token"])

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Send, again after a connection error if nothing can have been done twice."""
        for pause in (*RETRY_AFTER_SECONDS, None):
            try:
                answer = self._http.request(
                    method, self.url + path, json=body, params=query or None, headers=headers
                )
            except httpx.TransportError as error:
                repeatable = method == "GET" or isinstance(error, httpx.ConnectError)
                if pause is None or not repeatable:
                    raise AirflowApiError(self._unreachable(error), 0) from None
            else:
                busy = method == "GET" and answer.status_code in (502, 503, 504)
                if pause is None or not busy:
                    return answer
            time.sleep(pause)
        raise AssertionError("the last round returns or raises")

    def _unreachable(self, error: httpx.TransportError) -> str:
        what = "does not answer in time" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
        return f"Airflow at {self.url} {what} ({type(error).__name__}). Check the address and that it runs."

    def _json(self, answer: httpx.Response, method: str, path: str) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise AirflowApiError(
                f"{self.url} answered {method} {path} with something that is not JSON: is it an Airflow 3?",
                answer.status_code,
            ) from None

    def _error(self, answer: httpx.Response, method: str, path: str) -> AirflowApiError:
        secrets = tuple(filter(None, (self._token, self._credentials.password)))
        detail = mask_values(_detail(answer), secrets)
        hint = " The login may not do this." if answer.status_code == 403 else ""
        return AirflowApiError(
            f"Airflow at {self.url} answered {method} {path} with {answer.status_code}: {detail}.{hint}",
            answer.status_code,
        )


def _detail(answer: httpx.Response) -> str:
    """Give Airflow's reason, without the `input` that a 422 repeats: it can hold a password."""
    try:
        detail = answer.json().get("detail")
    except (ValueError, AttributeError):
        return answer.reason_phrase or "no reason given"
    if isinstance(detail, list):
        return "; ".join(
            f"{'.'.join(str(part) for part in item.get('loc', ()))}: {item.get('msg')}" for item in detail
        )
    if isinstance(detail, dict):
        detail = detail.get("reason") or detail.get("message") or sorted(detail)
    return str(detail).rstrip(".")
