"""A mail server for one message."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class SmtpServer:
    """Where it listens, and what it was told."""

    url: str
    received: list[bytes] = field(default_factory=list)
    thread: threading.Thread | None = None

    def text(self) -> bytes:
        """Give all that it was told, once the message is there."""
        assert self.thread is not None
        self.thread.join(30)
        return b"".join(self.received)


@contextmanager
def smtp_server() -> Iterator[SmtpServer]:
    """Listen on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = SmtpServer(f"smtp://127.0.0.1:{listener.getsockname()[1]}")
        server.thread = threading.Thread(target=_serve_one, args=(listener, server.received), daemon=True)
        server.thread.start()
        yield server


def _serve_one(listener: socket.socket, received: list[bytes]) -> None:
    """Speak just enough SMTP for one message."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 here\r\n")
        in_data = False
        for line in lines:
            received.append(line)
            answer: bytes | None = None if in_data else b"250 ok\r\n"
            if line.upper().startswith(b"DATA"):
                in_data, answer = True, b"354 go on\r\n"
            elif in_data and line == b".\r\n":
                in_data, answer = False, b"250 ok\r\n"
            elif line.upper().startswith(b"QUIT"):
                connection.sendall(b"221 bye\r\n")
                return
            if answer:
                connection.sendall(answer)
