"""Reads and writes Variables and blocks of a Prefect API. No error text holds what was sent."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from blocks.prefect_address import PrefectAddress
from pipelines.errors import CannotProceedError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE = 200  # the most that a Prefect server gives at once
RETRIES_UNANSWERED = 3
RETRY_AFTER_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
BUSY = (429, 502, 503, 504)  # 503 is what a server on SQLite says while another request writes


class PrefectApiError(CannotProceedError):
    """The API refused, or did not answer (`status` 0)."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class StoredVariable:
    """A Variable as it is in Prefect."""

    id: str
    name: str
    value: Any = field(repr=False)
    tags: tuple[str, ...]


@dataclass(frozen=True)
class StoredBlock:
    """A block as it is in Prefect, secrets included."""

    id: str
    slug: str
    name: str
    data: Mapping[str, Any] = field(repr=False)
    defaults: Mapping[str, Any] = field(repr=False)
    """What its schema says of fields that are not there."""


class PrefectApi:
    """Requests to one Prefect API."""

    def __init__(self, address: PrefectAddress, timeout_seconds: float = 60.0) -> None:
        self.address = address
        # A proxy of the environment cannot reach this machine's loopback.
        local = urlsplit(address.url).hostname in LOOPBACK
        self._http = httpx.Client(
            timeout=timeout_seconds,
            headers=dict(address.headers),
            verify=address.verify,
            trust_env=not local,
            # uvicorn closes a connection that is idle for 5 s: do not race with it
            limits=httpx.Limits(max_keepalive_connections=20, keepalive_expiry=2),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def variables(self) -> Iterator[StoredVariable]:
        """Give every Variable."""
        for entry in self._pages("/variables/filter", {}):
            yield StoredVariable(entry["id"], entry["name"], entry["value"], tuple(entry["tags"]))

    def blocks(self, slugs: frozenset[str]) -> Iterator[StoredBlock]:
        """Give every named block of these types, with its secrets."""
        body = {
            "block_types": {"slug": {"any_": sorted(slugs)}},
            "block_documents": {"is_anonymous": {"eq_": False}},
            "include_secrets": True,
        }
        for entry in self._pages("/block_documents/filter", body):
            properties = (entry.get("block_schema") or {}).get("fields", {}).get("properties", {})
            defaults = {name: values["default"] for name, values in properties.items() if "default" in values}
            slug = entry["block_type"]["slug"]
            yield StoredBlock(entry["id"], slug, entry["name"], entry["data"], defaults)

    def block(self, slug: str, name: str) -> StoredBlock | None:
        """Give one block with its secrets, or None."""
        path = f"/block_types/slug/{slug}/block_documents/name/{name}"
        try:
            entry = self._request("GET", path, query={"include_secrets": "true"})
        except PrefectApiError as error:
            if error.status == 404:
                return None
            raise
        return StoredBlock(entry["id"], slug, entry["name"], entry["data"], {})

    def create_variable(self, name: str, value: Any, tags: tuple[str, ...]) -> None:
        """Make a Variable; one of this name must not exist."""
        self._request("POST", "/variables/", {"name": name, "value": value, "tags": list(tags)})

    def update_variable(self, variable_id: str, value: Any, tags: tuple[str, ...]) -> None:
        """Change a Variable."""
        self._request("PATCH", f"/variables/{variable_id}", {"value": value, "tags": list(tags)})

    def delete_variable(self, variable_id: str) -> None:
        """Delete a Variable."""
        self._request("DELETE", f"/variables/{variable_id}")

    def create_block(self, name: str, type_id: str, schema_id: str, data: Mapping[str, Any]) -> None:
        """Make a block; one of this type and name must not exist."""
        body = {"name": name, "block_type_id": type_id, "block_schema_id": schema_id, "data": dict(data)}
        self._request("POST", "/block_documents/", body)

    def update_block(self, block_id: str, schema_id: str, data: Mapping[str, Any]) -> None:
        """Give a block these data and no others."""
        body = {"block_schema_id": schema_id, "data": dict(data), "merge_existing_data": False}
        self._request("PATCH", f"/block_documents/{block_id}", body)

    def delete_block(self, block_id: str) -> None:
        """Delete a block."""
        self._request("DELETE", f"/block_documents/{block_id}")

    def _pages(self, path: str, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        offset = 0
        while True:
            page = self._request("POST", path, {**body, "limit": PAGE, "offset": offset})
            yield from page
            offset += len(page)
            if len(page) < PAGE:
                return

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        answer, reason = self._send(method, path, body, query)
        if answer is None:
            raise PrefectApiError(
                f"The Prefect API at {self.address.shown} does not answer ({reason}). Check that it runs, "
                "and PREFECT_API_URL or the active profile.",
                0,
            )
        if answer.status_code in (401, 403):
            raise PrefectApiError(
                f"The Prefect API at {self.address.shown} refuses us ({answer.status_code}). "
                "Log in with `prefect cloud login`, or set PREFECT_API_AUTH_STRING.",
                answer.status_code,
            )
        if answer.status_code >= 400:
            # The answer's text repeats what was sent.
            place = path if method != "POST" or path.endswith("/filter") else path.rstrip("/")
            raise PrefectApiError(
                f"The Prefect API at {self.address.shown} answered {method} {place} with "
                f"{answer.status_code}.",
                answer.status_code,
            )
        return answer.json() if answer.content else None

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str] | None
    ) -> tuple[httpx.Response | None, str]:
        """Send, again while the server is busy or the connection breaks; the answer, or None and why.

        All requests are safe to repeat but those that create: there a 409 to a repeated one means that the
        first one got through after all.
        """
        reason = ""
        for tried, pause in enumerate((*RETRY_AFTER_SECONDS, None)):
            try:
                answer = self._http.request(method, self.address.url + path, json=body, params=query)
            except httpx.TransportError as error:
                reason = type(error).__name__
                if tried >= RETRIES_UNANSWERED:
                    break
            else:
                if answer.status_code == 409 and reason:
                    return httpx.Response(204), ""
                if answer.status_code not in BUSY or pause is None:
                    return answer, ""
            # not in step with another writer, whose lock it may be
            time.sleep((pause or 0) * random.uniform(0.7, 1.3))  # noqa: S311
        return None, reason
