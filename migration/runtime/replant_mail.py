"""Mail on failure, as Airflow's `email_on_failure` sends it."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from prefect.blocks.system import Secret

BLOCK = "smtp-url"
"""Secret block with the server: smtp://user:password@host:port?sender@example.com; smtps for TLS at once."""


def mails(*addresses: str) -> Any:
    """Make a Prefect state hook that writes to the addresses; an error is in the run's log.

    As in Airflow there is no mail of a task that could not run.
    """

    def hook(owner: Any, run: Any, state: Any) -> None:
        if state.name == "UpstreamFailed":
            return
        message = EmailMessage()
        message["Subject"] = f"Prefect: {owner.name} {state.name}"
        message["To"] = ", ".join(addresses)
        message.set_content(
            f"{owner.name} ended as {state.name}.\n\n{state.message or ''}\n\nRun: {run.id}\n"
        )
        send(str(Secret.load(BLOCK).get()), message)  # type: ignore[union-attr]

    hook.__name__ = "mails"
    return hook


def send_mail(
    to: str | Sequence[str],
    subject: str,
    html_content: str,
    cc: str | Sequence[str] = (),
    bcc: str | Sequence[str] = (),
    files: Sequence[str] = (),
    from_email: str = "",
) -> None:
    """Send a mail in HTML, with files, by the server of the Secret block."""
    message = EmailMessage()
    message["Subject"] = subject
    for name, addresses in (("To", to), ("Cc", cc), ("Bcc", bcc)):
        if addresses:
            message[name] = ", ".join(_addresses(addresses))
    if from_email:
        message["From"] = from_email
    message.set_content(html_content, subtype="html")
    for file in files:
        content = Path(file).read_bytes()
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=Path(file).name
        )
    send(str(Secret.load(BLOCK).get()), message)  # type: ignore[union-attr]


def _addresses(given: str | Sequence[str]) -> list[str]:
    return [one.strip() for one in re.split("[,;]", given)] if isinstance(given, str) else list(given)


def send(url: str, message: EmailMessage) -> None:
    """Hand a message to the server of the URL."""
    server = urlsplit(url)
    if "From" not in message:
        message["From"] = server.query or server.username or "prefect@localhost"
    kind = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    with kind(server.hostname or "localhost", server.port or 25, timeout=30) as connection:
        if server.scheme == "smtp+starttls":
            connection.starttls()
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)
