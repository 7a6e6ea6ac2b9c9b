"""Notices against a real HTTP server on loopback that answers well, badly, slowly or never."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pipelines.notices import Notice, send, text

SECRET = "T000/B000/very-secret"
NOTICE = Notice("tree_clusters", "airflow", "success", 12.34, {"new trees": 1234}, "http://127.0.0.1:1/run")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

Answer = Callable[[socket.socket, threading.Event], None]


class Sink:
    """A server on loopback; `requests` is what it was sent, whole."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._done = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.closed_by_client = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/services/{SECRET}"

    def stop(self) -> None:
        self._done.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with client:
                client.settimeout(5)
                try:
                    self.requests.append(_whole_request(client))
                    self._answer(client, self._done)
                except OSError:
                    self.closed_by_client.set()


def _whole_request(client: socket.socket) -> bytes:
    def more() -> bytes:
        piece = client.recv(65536)
        if not piece:
            raise ConnectionResetError("the client left")
        return piece

    received = b""
    while b"\r\n\r\n" not in received:
        received += more()
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line
    )
    while len(body) < length:
        body += more()
    return head + b"\r\n\r\n" + body


@contextmanager
def sink(answer: Answer) -> Iterator[Sink]:
    opened = Sink(answer)
    try:
        yield opened
    finally:
        opened.stop()


def _answering(reply: bytes) -> Answer:
    return lambda client, _done: client.sendall(reply)


def _hanging(_client: socket.socket, done: threading.Event) -> None:
    done.wait(20)


def _dripping_header(client: socket.socket, done: threading.Event) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not done.wait(0.05):
        client.sendall(b"x")


def test_a_notice_is_posted_as_slack_takes_it() -> None:
    with sink(_answering(OK)) as opened:
        assert send(opened.url, NOTICE) == {"sent": True, "warning": None}
        head, _, body = opened.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /services/{SECRET} HTTP/1.1".encode())
    assert b"application/json" in head
    assert json.loads(body) == {"text": text(NOTICE)}


def test_without_a_webhook_nothing_is_sent_and_nothing_is_wrong() -> None:
    assert send(None, NOTICE) == send("", NOTICE) == {"sent": False, "warning": None}


@pytest.mark.parametrize(
    ("reply", "warning"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "answered 500"),
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "answered 404"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "answered 302"),
        (b"", "could not be reached"),
        (b"nonsense\r\n\r\n", "could not be reached"),
    ],
)
def test_a_bad_answer_is_a_warning_without_the_url(reply: bytes, warning: str) -> None:
    with sink(_answering(reply)) as opened:
        outcome = send(opened.url, NOTICE)
        assert len(opened.requests) == 1
    assert outcome["sent"] is False
    assert warning in outcome["warning"] and "secret" not in outcome["warning"]


def test_a_refused_connection_is_a_warning_without_the_url() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome = send(f"http://127.0.0.1:{port}/services/{SECRET}", NOTICE)
    assert "Connection refused" in outcome["warning"] and "secret" not in outcome["warning"]


@pytest.mark.parametrize("answer", [_hanging, _dripping_header])
def test_the_deadline_is_kept_and_the_connection_closed(answer: Answer) -> None:
    with sink(answer) as opened:
        before = time.monotonic()
        outcome = send(opened.url, NOTICE, deadline_seconds=0.5)
        assert time.monotonic() - before < 1.0
        assert outcome == {"sent": False, "warning": "The notice was not delivered: no answer within 0.5 s."}
        if answer is _dripping_header:
            assert opened.closed_by_client.wait(5)
        deadline = time.monotonic() + 5
        while any(thread.name == "notice" for thread in threading.enumerate()):
            assert time.monotonic() < deadline, "the thread goes on after the deadline"
            time.sleep(0.02)


def test_a_name_look_up_that_hangs_does_not_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    # No name server that hangs exists here: the look-up itself is replaced by one that waits.
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: released.wait(20) and [])
    before = time.monotonic()
    outcome = send(f"https://hooks.example/services/{SECRET}", NOTICE, deadline_seconds=0.3)
    took = time.monotonic() - before
    released.set()
    assert took < 1.0 and "no answer within" in outcome["warning"]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "hooks.slack.com/services/x", "http://", "http://[x/", "x"]
)
def test_what_is_no_web_address_is_a_warning(url: str) -> None:
    outcome = send(url, NOTICE)
    assert outcome["sent"] is False and "not an http" in outcome["warning"]


def test_a_certificate_that_does_not_fit_is_a_warning() -> None:
    with sink(_answering(OK)) as opened:
        outcome = send(opened.url.replace("http:", "https:"), NOTICE, deadline_seconds=2)
    assert outcome["sent"] is False and "secret" not in outcome["warning"]


def test_the_text_of_a_success() -> None:
    expected = "tree_clusters on airflow succeeded in 12.3 s: 1,234 new trees (<http://127.0.0.1:1/run|run>)"
    assert text(NOTICE) == expected


def test_the_text_of_a_failure_is_escaped_masked_and_cut() -> None:
    error = "OperationalError: <x> & postgresql://me:very-secret@host/db " + "y" * 1000
    told = text(Notice("tree_clusters", "prefect", "failed", 1.0, error=error))
    assert told.startswith("tree_clusters on prefect FAILED in 1.0 s\nOperationalError: &lt;x&gt; &amp; ")
    assert "very-secret" not in told and len(told) < 600 and told.endswith(" ...")
