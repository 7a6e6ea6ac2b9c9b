"""A real HTTP server in the place of Slack: it keeps what it is sent, and can be slow or broken."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_PATH = "services/T0CANARY/B0CANARY/x1canaryx1"


@dataclass
class SlackSink:
    """What arrived, and how it is answered."""

    port: int = 0
    status: int = 200
    delay_seconds: float = 0.0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The webhook's URL; its path is the secret."""
        return f"http://127.0.0.1:{self.port}/{SECRET_PATH}"

    @property
    def texts(self) -> list[str]:
        """The messages."""
        return [str(body["text"]) for body in self.bodies]


@contextmanager
def slack_sink() -> Iterator[SlackSink]:
    """Give a sink that listens on a free loopback port."""
    sink = SlackSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.bodies.append(json.loads(body))
            sink.leaving.wait(sink.delay_seconds)
            self.send_response(sink.status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.leaving.set()
        server.shutdown()
        server.server_close()
