"""Two databases, one of them across a slow link: `replant diff` beside COPY and beside reladiff's hashdiff.

    .venv/bin/python -m benchmarks.diff.slow_link [--rows N] [--megabits N] [--latency MS]

The link is a relay on loopback that lets through so many bits a second, both directions together, and holds
each piece back by the latency. Seconds are elapsed ones, each program's start included.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from benchmarks.diff.__main__ import prepare_peers, servers
from benchmarks.diff.measure import OURS, Measured, measure
from benchmarks.record import Benchmark, Row, record
from engines.places import CACHE
from engines.ports import LOOPBACK

PIECE = 16 * 1024
CASES = {"equal_rows": "equal", "different_rows": "0.1 % different", "shuffled_rows": "shuffled"}
PEERS = {"bare_copy": "bare COPY of both", "reladiff": "reladiff hashdiff"}


class Link:
    """Relays connections to one port, slowly, and counts the bytes."""

    def __init__(self, port: int, bytes_per_second: float, latency: float) -> None:
        self._port, self._rate, self._latency = port, bytes_per_second, latency
        self._free_at = 0.0
        self.bytes = 0

    async def connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Relay one connection until either end closes it."""
        far, on = await asyncio.open_connection(LOOPBACK, self._port)
        await asyncio.gather(self._relay(near, on), self._relay(far, back), return_exceptions=True)

    async def _relay(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Pieces travel in a queue, so that latency does not lower the rate."""
        travelling: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=64)
        arriving = asyncio.create_task(self._arrive(travelling, sink))
        loop = asyncio.get_running_loop()
        while piece := await source.read(PIECE):
            self.bytes += len(piece)
            self._free_at = max(self._free_at, loop.time()) + len(piece) / self._rate
            await travelling.put((self._free_at + self._latency, piece))
        await travelling.put((0.0, b""))
        await arriving

    async def _arrive(
        self, travelling: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, piece = await travelling.get()
            if not piece:
                sink.close()
                return
            await asyncio.sleep(due - loop.time())
            sink.write(piece)
            await sink.drain()


@contextmanager
def across(link: Link) -> Iterator[int]:
    """Run the link in a thread; give the port on this side."""
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(link.connected, LOOPBACK, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--megabits", type=float, default=20.0)
    parser.add_argument("--latency", type=float, default=20.0, help="milliseconds, each way")
    options = parser.parse_args()
    prepare_peers()
    (CACHE / "bench-home").mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    with servers(options.rows) as databases:
        port = urlsplit(databases.two).port
        assert port is not None
        link = Link(port, options.megabits * 1e6 / 8, options.latency / 1000)
        with across(link) as near:
            far = databases.two.replace(f":{port}/", f":{near}/")
            for table, title in CASES.items():
                told = {}
                for method in (OURS, *PEERS):
                    link.bytes = 0
                    made = measure(method, (databases.one, "left_rows"), (far, table), databases.pid)
                    told[method] = (made, link.bytes)
                    print(f"{table} {method}: {made.wall_seconds:.1f} s", file=sys.stderr, flush=True)
                rows += _rows(title, told)
    print(record(_benchmark(options, rows)))


def _rows(title: str, told: dict[str, tuple[Measured, int]]) -> list[Row]:
    ours, moved = told[OURS]
    if ours.found is None:
        raise SystemExit(f"replant diff failed: {ours.error}")
    made = []
    for method, name in PEERS.items():
        peer, bytes_of_peer = told[method]
        note = "" if peer.found is not None else f"the peer failed: {peer.error}"
        seconds = peer.wall_seconds if peer.found is not None else None
        made.append(Row(title, ours.wall_seconds, name, seconds, "s", note))
        made.append(Row(title, moved / 1e6, name, bytes_of_peer / 1e6, "MB over the link", note))
    return made


def _benchmark(options: argparse.Namespace, rows: list[Row]) -> Benchmark:
    return Benchmark(
        name="diff-slow-link",
        title=f"replant diff on {options.rows:,} rows, one of two databases across a slow link",
        command="python -m benchmarks.diff.slow_link "
        f"--rows {options.rows} --megabits {options.megabits:g} --latency {options.latency:g}",
        rows=rows,
        remarks=[
            f"{options.megabits:g} Mbit/s, {options.latency:g} ms each way, by a relay on loopback. Elapsed "
            "seconds of one run each, the program's start included."
        ],
    )


if __name__ == "__main__":
    main()
