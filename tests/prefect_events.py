"""Prefect's sender of events, which outlives the server that it was made for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def send_and_forget_events() -> None:
    """Send what waits and end the senders: they would send the events of later tests to the old address.

    In a thread of its own: where an event loop runs, as Playwright's does, Prefect gives a coroutine.
    """
    from prefect.events.worker import EventsWorker

    with ThreadPoolExecutor(1) as pool:
        pool.submit(EventsWorker.drain_all, timeout=30, at_exit=False).result()
