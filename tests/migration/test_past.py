"""What looks beyond its own run: depends_on_past, sensors of other flows, and mail on failure."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.migration.running import Ran

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FLOW = """
import prefect
from prefect import flow, task
from replant_runtime import *
outcome = {{"fails": {fails}}}
@task(name="work")
def work():
    if outcome["fails"]: raise ValueError("no")
@flow(name="{name}")
def main():
    return submit(work, depends_on_past={past})
"""


def test_the_first_run_goes_and_a_good_one_lets_the_next_go(run_text: Callable[..., Ran]) -> None:
    for _ in range(2):
        assert run_text(FLOW.format(fails=False, past=True, name="past good")).state == "COMPLETED"


def test_a_failure_holds_the_next_one_up(
    run_text: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_text(FLOW.format(fails=True, past=True, name="past bad")).state == "FAILED"
    import replant_past  # type: ignore[import-not-found]

    class WaitedError(Exception):
        pass

    def waited(seconds: float) -> None:
        raise WaitedError

    # the wait would last until the earlier run is put right: seen by its first pause
    monkeypatch.setattr(replant_past.time, "sleep", waited)
    from prefect.runtime import flow_run

    monkeypatch.setattr(flow_run, "get_flow_name", lambda: "past bad")
    monkeypatch.setattr(flow_run, "get_scheduled_start_time", lambda: datetime.now(UTC))
    with pytest.raises(WaitedError):
        replant_past.wait_for_own_past("work")


def test_another_flows_run_is_found_by_its_moment(run_text: Callable[..., Ran]) -> None:
    import replant_past
    from prefect.client.orchestration import get_client

    run_text(FLOW.format(fails=False, past=False, name="other good"))
    run_text(FLOW.format(fails=True, past=False, name="other bad"))
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs()
        flows = {flow.id: flow.name for flow in client.read_flows()}
    moments = {flows[run.flow_id]: run.expected_start_time for run in runs}
    look = replant_past.require_other_flow
    assert look("other good", moments["other good"], [], True)
    _within(60, lambda: look("other good", moments["other good"], ["work"], True))
    assert not look("other good", datetime(2020, 1, 1, tzinfo=UTC), [], True)
    assert not look("other bad", moments["other bad"], [], False)
    _within(60, lambda: replant_past.other_flow_state("other bad", moments["other bad"], ["work"]))
    with pytest.raises(RuntimeError, match="failed"):
        look("other bad", moments["other bad"], ["work"], True)


def _within(seconds: float, answer: Callable[[], Any]) -> None:
    """Ask until the answer is true: task runs reach the server some time after the flow has ended."""
    deadline = time.monotonic() + seconds
    while not answer():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_mail_reaches_a_server(prefect_server: None) -> None:
    from email.message import EmailMessage

    from replant_mail import send  # type: ignore[import-not-found]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        received: list[bytes] = []
        server = threading.Thread(target=_serve_one, args=(listener, received))
        server.start()
        message = EmailMessage()
        message["To"] = "team@example.com"
        message.set_content("work ended as Failed")
        send(f"smtp://127.0.0.1:{listener.getsockname()[1]}?from@example.com", message)
        server.join(10)
    text = b"".join(received)
    assert b"rcpt to:<team@example.com>" in text.lower() and b"work ended as Failed" in text


def _serve_one(listener: socket.socket, received: list[bytes]) -> None:
    """Speak just enough SMTP for one message."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 here\r\n")
        in_data = False
        for line in lines:
            received.append(line)
            answer: Any = None if in_data else b"250 ok\r\n"
            if line.upper().startswith(b"DATA"):
                in_data, answer = True, b"354 go on\r\n"
            elif in_data and line == b".\r\n":
                in_data, answer = False, b"250 ok\r\n"
            elif line.upper().startswith(b"QUIT"):
                connection.sendall(b"221 bye\r\n")
                return
            if answer:
                connection.sendall(answer)
