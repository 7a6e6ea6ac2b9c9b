"""Completion notices to a Slack webhook, which never fail the pipeline and never hold it up for long."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from pipelines.secrets import mask

LONGEST_ERROR = 500
"""Characters of an error that a notice shows."""


@dataclass(frozen=True)
class Notice:
    """What is told about one run."""

    pipeline: str
    engine: str
    state: Literal["success", "failed"]
    seconds: float
    counts: Mapping[str, int] = field(default_factory=dict)
    link: str | None = None
    """The run's page in the engine's own UI."""
    error: str | None = None


def text(notice: Notice) -> str:
    """Give the message in Slack's markup: one line, and on failure the error below it."""
    what = "succeeded" if notice.state == "success" else "FAILED"
    line = f"{_escaped(notice.pipeline)} on {_escaped(notice.engine)} {what} in {notice.seconds:.1f} s"
    if notice.counts:
        line += ": " + ", ".join(f"{number:,} {_escaped(name)}" for name, number in notice.counts.items())
    if notice.link:
        line += f" (<{notice.link}|run>)"
    if notice.error:
        error = mask(notice.error)
        cut = error if len(error) <= LONGEST_ERROR else error[:LONGEST_ERROR] + " ..."
        line += f"\n{_escaped(cut)}"
    return line


def send(webhook_url: str | None, notice: Notice, deadline_seconds: float = 10.0) -> dict[str, Any]:
    """Post the notice: `{"sent": bool, "warning": str | None}`.

    Never raises, and returns by the deadline whatever the other side does. Without a webhook nothing is sent
    and nothing is wrong. The URL is a secret: no warning holds it.
    """
    if not webhook_url:
        return {"sent": False, "warning": None}
    request = _request(webhook_url, notice)
    if request is None:
        return _warning("the webhook is not an http or https URL")
    post = _Post(request, deadline_seconds)
    # A thread, since no time-out of a socket limits a name look-up, or an answer that drips in byte by byte.
    worker = threading.Thread(target=post.run, name="notice", daemon=True)
    worker.start()
    worker.join(deadline_seconds)
    if worker.is_alive():
        post.abandon()
        return _warning(f"no answer within {deadline_seconds:g} s")
    return {"sent": True, "warning": None} if post.problem is None else _warning(post.problem)


def _request(webhook_url: str, notice: Notice) -> urllib.request.Request | None:
    try:
        parts = urlsplit(webhook_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        return urllib.request.Request(  # noqa: S310 - the scheme was looked at
            webhook_url,
            data=json.dumps({"text": text(notice)}).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
    except ValueError:
        return None


def _warning(problem: str) -> dict[str, Any]:
    return {"sent": False, "warning": f"The notice was not delivered: {problem}."}


def _escaped(plain: str) -> str:
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Post:
    """One request in a thread of its own, that can be broken off."""

    def __init__(self, request: urllib.request.Request, timeout: float) -> None:
        self._request = request
        self._timeout = timeout
        self._connections: list[http.client.HTTPConnection] = []
        self.problem: str | None = None

    def run(self) -> None:
        """Post; leave what went wrong in `problem`, told without the URL."""
        opener = urllib.request.build_opener(_NoRedirect, _Http(self._connections), _Https(self._connections))
        try:
            with opener.open(self._request, timeout=self._timeout):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            self.problem = f"the webhook answered {error.code}"
        except Exception as error:  # noqa: BLE001 - a notice never fails a run; the problem is told instead
            cause = getattr(error, "reason", error)
            # Only the kind of the error: its text may repeat the address.
            named = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
            self.problem = f"the webhook could not be reached ({named})"

    def abandon(self) -> None:
        """Close the connection under the thread, so that it ends as well."""
        for connection in self._connections:
            if isinstance(connection.sock, socket.socket):
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook does not redirect, and its secret must not travel elsewhere: a redirect is an error."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Http(urllib.request.HTTPHandler):
    """Opens http as usual and keeps the connection in a list."""

    def __init__(self, connections: list[http.client.HTTPConnection]) -> None:
        super().__init__()
        self._opened = connections

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, request)

    def _connect(self, host: str, **options: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(host, **options)
        self._opened.append(connection)
        return connection


class _Https(urllib.request.HTTPSHandler):
    """Opens https as usual and keeps the connection in a list."""

    def __init__(self, connections: list[http.client.HTTPConnection]) -> None:
        super().__init__()
        self._opened = connections

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, request)

    def _connect(self, host: str, **options: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPSConnection(host, **options)
        self._opened.append(connection)
        return connection
