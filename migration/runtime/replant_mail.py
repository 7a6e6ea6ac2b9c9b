"""Mail on failure, as Airflow's `email_on_failure` sends it."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from prefect.blocks.system import Secret

BLOCK = "smtp-url"
"""Secret block with the server: smtp://user:password@host:port?sender@example.com; smtps for TLS at once."""


def mails(*addresses: str) -> Callable[[Any, Any, Any], None]:
    """Make a Prefect state hook that writes to the addresses; an error is in the run's log."""

    def hook(owner: Any, run: Any, state: Any) -> None:
        message = EmailMessage()
        message["Subject"] = f"Prefect: {owner.name} {state.name}"
        message["To"] = ", ".join(addresses)
        message.set_content(
            f"{owner.name} ended as {state.name}.\n\n{state.message or ''}\n\nRun: {run.id}\n"
        )
        send(str(Secret.load(BLOCK).get()), message)  # type: ignore[union-attr]

    hook.__name__ = "mails"
    return hook


def send(url: str, message: EmailMessage) -> None:
    """Hand a message to the server of the URL."""
    server = urlsplit(url)
    message["From"] = server.query or server.username or "prefect@localhost"
    kind = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    with kind(server.hostname or "localhost", server.port or 25, timeout=30) as connection:
        if server.scheme == "smtp+starttls":
            connection.starttls()
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)
