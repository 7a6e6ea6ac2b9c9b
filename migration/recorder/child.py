"""The recorder's server: `python -I -B child.py CHECKOUT MODULE`.

For each request it forks a process that locks itself in, runs the author's file and answers; the server
itself never runs a line of theirs. Requests and answers are frames of 4 bytes of length (big-endian) and
JSON. Request: `file`, `roots` (folders on the import path), `scratch`, `variables`, `connections`, `seconds`,
`memory_bytes`, `sandbox`. Answer: the graph, or `{"reason": ...}`.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import struct
import sys
import time
from typing import Any, BinaryIO

PRELOADED = (
    "pendulum", "dateutil.relativedelta", "zoneinfo", "yaml", "logging.handlers", "sqlite3", "socket", "ssl",
    "http.client", "urllib.request", "concurrent.futures", "asyncio", "decimal", "requests", "pandas",
    "psycopg2.extras", "jinja2",
)  # fmt: skip
"""Read before the doors close: common in DAG files, and slow to load again for each."""
LARGEST_ANSWER = 64 * 1024 * 1024
PARENT_DEATH_SIGNAL = 1


def main() -> None:
    """Serve until stdin ends."""
    checkout = sys.argv[1]
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    sys.path.insert(0, checkout)
    worker = importlib.import_module(sys.argv[2])
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            __import__(name)
    gc.freeze()
    while (request := read_frame(sys.stdin.buffer)) is not None:
        write_frame(sys.stdout.buffer, _served(worker, json.loads(request), checkout))


def read_frame(stream: BinaryIO) -> bytes | None:
    """Give the next frame's content; None at the end."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    return stream.read(struct.unpack(">I", head)[0])


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Send one frame."""
    stream.write(struct.pack(">I", len(content)) + content)
    stream.flush()


def _served(worker: Any, request: dict[str, Any], checkout: str) -> bytes:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        worker.record_and_leave(request, checkout, writer)
    os.close(writer)
    try:
        received, stopped = _received(reader, time.monotonic() + request["seconds"])
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    return _judged(received, stopped, status, request["seconds"])


def _received(reader: int, deadline: float) -> tuple[bytes, str]:
    """Read to the end, the deadline or the largest size; say which of the last two it was."""
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return b"".join(parts), "time"
        part = os.read(reader, 1 << 20)
        if not part:
            return b"".join(parts), ""
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            return b"", "size"


def _judged(received: bytes, stopped: str, status: int, seconds: float) -> bytes:
    over_cpu = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
    if stopped == "time" or over_cpu:
        return _reason(f"the file took longer than {seconds:g} s; --seconds gives it more")
    if stopped == "size":
        return _reason("the recording is larger than 64 MiB")
    try:
        json.loads(received)
    except ValueError:
        return _reason(
            "the file ended its process before it gave a graph (os._exit, or a crash); run it by hand"
        )
    return received


def _reason(text: str) -> bytes:
    return json.dumps({"reason": text}).encode()


if __name__ == "__main__":
    main()
