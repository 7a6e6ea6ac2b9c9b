"""A server that answers as an Airflow does when something is wrong: a real one cannot be told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = tuple[int, Any]


@dataclass
class TroubledAirflow:
    """Answers by method and path, each used once, the last one for ever; and what was asked."""

    port: int = 0
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Method and path, and the token."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def troubled() -> Iterator[TroubledAirflow]:
    """Give the server on a free loopback port."""
    airflow = TroubledAirflow()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = f"{self.command} {self.path.partition('?')[0]}"
            airflow.asked.append((asked, self.headers.get("Authorization")))
            waiting = airflow.answers.get(asked, [(404, {"detail": "Not Found"})])
            status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815 - as http.server asks

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    airflow.port = int(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield airflow
    finally:
        server.shutdown()
        server.server_close()
