"""Short forms of single names of the runtime, for files that need nothing else of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from textwrap import indent

from migration.arguments import other_flows
from migration.arguments.past import PAST
from migration.author import connections
from migration.writing.helper import Helper, of_runtime

WAIT = '''def wait_until(check: Callable[[], Any], every: float, at_most: float) -> None:
    """Ask every so many seconds until the answer is true; raise TimeoutError when the time is up."""
    flow, run = FlowRunContext.get(), TaskRunContext.get()
    stops = getattr(flow.task_runner, "_cancel_events", {}) if flow else {}
    stopped = stops.get(run.task_run.id if run else None, threading.Event())
    deadline = monotonic() + at_most
    while not check():
        if monotonic() + every > deadline:
            raise TimeoutError(f"not there after {at_most:g} s")
        if stopped.wait(every):
            raise KeyboardInterrupt("the flow's run has been stopped")
'''
POKE = '''@dataclass
class PokeReturnValue:
    """A sensor's answer, and what the sensor returns once it is true."""

    is_done: bool
    xcom_value: Any = None

    def __bool__(self) -> bool:
        return self.is_done
'''
VALUED = "until the answer is true, and give its value; raise TimeoutError in the end"
WAIT_FOR_VALUE = (
    WAIT.replace("-> None", "-> Any")
    .replace("until the answer is true; raise TimeoutError when the time is up", VALUED)
    .replace("while not check():", "while not (answer := check()):")
    + "    return answer.xcom_value if isinstance(answer, PokeReturnValue) else None\n"
)
EMITS = '''def emits(*assets: str) -> Any:
    """Make a state hook that tells of updated assets."""

    def hook(task: Any, run: Any, state: Any) -> None:
        for asset in assets:
            resource = {"prefect.resource.id": f"airflow.asset.{asset}"}
            emit_event("airflow.asset.updated", resource, payload={"asset": asset, "task_id": task.name})

    return hook
'''
DAYS_AGO = '''def days_ago(n: int) -> datetime:
    """Give midnight some days ago, UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=n)
'''
GOES_TO = '''def goes_to(branch: PrefectFuture[Any], *ways: str) -> bool:
    """Say whether a branch goes one of these ways. If it has failed: yes, so that they are not ready."""
    branch.wait()
    if not branch.state.is_completed():
        return True
    chosen = branch.result()
    names = chosen if isinstance(chosen, list) else [chosen]
    return any(way == name or way.startswith(f"{name}.") for way in ways for name in names)
'''
GOES_ON = '''def goes_on(check: PrefectFuture[Any]) -> bool:
    """Say whether a check's result is true. If it has failed: yes, so that what is behind is not ready."""
    check.wait()
    return not check.state.is_completed() or bool(check.result())
'''
CHOOSES = of_runtime("replant_conditions", "chooses")
FUTURE = "from prefect.futures import PrefectFuture"
SENDING = """kind = SMTP_SSL if server.scheme == "smtps" else SMTP
with kind(server.hostname or "localhost", server.port or 25, timeout=30) as connection:
    if server.scheme == "smtp+starttls":
        connection.starttls()
    if server.username:
        connection.login(unquote(server.username), unquote(server.password or ""))
    connection.send_message(message)
"""
"""Sends `message` by the server that `server` is the address of."""
MAILS = '''def mails(*addresses: str) -> Any:
    """Make a state hook that writes to the addresses, by the server in the Secret block smtp-url."""

    def hook(owner: Any, run: Any, state: Any) -> None:
        block: Any = Secret.load("smtp-url")
        server = urlsplit(str(block.get()))
        message = EmailMessage()
        message["Subject"] = f"Prefect: {owner.name} {state.name}"
        message["From"] = server.query or server.username or "prefect@localhost"
        message["To"] = ", ".join(addresses)
        text = f"{owner.name} ended as {state.name}.\\n\\n{state.message or ''}"
        message.set_content(f"{text}\\n\\nRun: {run.id}\\n")
'''
CALLABLE, ANY = "from collections.abc import Callable", "from typing import Any"
OF_WAIT = (
    "import threading",
    "from time import monotonic",
    CALLABLE,
    ANY,
    "from prefect.context import FlowRunContext, TaskRunContext",
)
HELPERS = {
    "wait_until": Helper(WAIT, OF_WAIT),
    "emits": Helper(EMITS, ("from prefect.events import emit_event", ANY)),
    "goes_to": Helper(GOES_TO, (FUTURE, ANY)),
    "goes_on": Helper(GOES_ON, (FUTURE, ANY)),
    "chooses": Helper(CHOOSES, ("import functools", "from collections.abc import Callable, Iterable", ANY)),
    "mails": Helper(
        f"{MAILS}{indent(SENDING, ' ' * 8)}\n    return hook\n",
        (
            "from email.message import EmailMessage",
            "from smtplib import SMTP, SMTP_SSL",
            ANY,
            "from urllib.parse import unquote, urlsplit",
            "from prefect.blocks.system import Secret",
        ),
    ),
    "depends_on_past": PAST,
    connections.NAME: connections.CONNECTS,
    other_flows.NAME: other_flows.OTHER_FLOW,
    "days_ago": Helper(DAYS_AGO, ("from datetime import UTC, datetime, timedelta",)),
}

WITH_VALUE = {
    "PokeReturnValue": Helper(POKE, ("from dataclasses import dataclass", ANY)),
    "wait_until": Helper(WAIT_FOR_VALUE, OF_WAIT),
}
"""For sensors that return something."""


OURS = frozenset({"goes_to", "goes_on", "depends_on_past", connections.NAME})
"""What the runtime does not have, so that it is written into the file in any case."""


def helpers_for(names: Collection[str], more: Mapping[str, Helper]) -> tuple[list[Helper], set[str]]:
    """Give the functions that are written into the file, and the names that it imports from the runtime.

    `more`: short forms for what this file does with a name. If one name takes the runtime, the others come
    from there too.
    """
    known = {**HELPERS, **more, **(WITH_VALUE if "PokeReturnValue" in names else {})}
    carried = set(names) if all(name in known for name in names) else set(names) & OURS
    return [known[name] for name in sorted(carried)], set(names) - carried
