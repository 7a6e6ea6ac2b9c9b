"""EmailOperator: a mail, by the server of the Secret smtp-url."""

from __future__ import annotations

from textwrap import indent

from migration.constructs import construct
from migration.graph import Task
from migration.writing.helper import Helper
from migration.writing.plain import SENDING
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

FULL = "send_mail(to, subject, html_content, **others)"
CODE = '''def @NAME@(to: str | list[str], subject: str, html_content: str, **others: Any) -> None:
    """Send a mail."""
    send_mail(to, subject, html_content, **others)
'''
SIMPLE = '''def @NAME@(to: str | list[str], subject: str, html_content: str) -> None:
    """Send a mail."""
    send_mail(to, subject, html_content)
'''
SEND = '''def send_mail(to: str | list[str], subject: str, html_content: str) -> None:
    """Send a mail in HTML, by the server in the Secret block smtp-url."""
    block: Any = Secret.load("smtp-url")
    server = urlsplit(str(block.get()))
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = server.query or server.username or "prefect@localhost"
    message["To"] = ", ".join(re.split(r"\\s*[,;]\\s*", to) if isinstance(to, str) else to)
    message.set_content(html_content, subtype="html")
'''
SENDS = Helper(
    SEND + indent(SENDING, "    "),
    (
        "import re",
        "from email.message import EmailMessage",
        "from smtplib import SMTP, SMTP_SSL",
        "from typing import Any",
        "from urllib.parse import unquote, urlsplit",
        "from prefect.blocks.system import Secret",
    ),
)
"""Where no mail has files or further receivers."""
PASSED = ("to", "subject", "html_content")
OTHERS = ("cc", "bcc", "files", "from_email")
FIXED = {"mime_subtype": "mixed", "mime_charset": "utf-8", "custom_headers": None, "conn_id": None}


@construct("EmailOperator")
def write(task: Task, site: Site) -> Written:
    """Write one.

    Raises RefusedError.
    """
    if task.mapping is not None:
        raise RefusedError("a mapped mail", "expand")
    for name, usual in FIXED.items():
        if task.get(name) not in (None, usual):
            raise RefusedError(f"the argument {name}", name)
    given, tracked = {}, False
    for name in (*PASSED, *OTHERS):
        if task.get(name) is not None or name in PASSED:
            given[name], is_template = site.templated(task.get(name), task)
            tracked = tracked or is_template
    more = any(name in given for name in OTHERS)
    imports = ("from typing import Any",) if more else ()
    code = CODE if more else SIMPLE
    work = Work(f"email {more}", "email", code, imports=imports, runtime=("send_mail",))
    claims = {name: Claim() for name in (*PASSED, *OTHERS, *FIXED) if task.has(name)}
    claims["to"] = equivalent("by the server of the Secret smtp-url", "mail")
    return Written(work, kwargs=given, claims=claims, tracked=tracked)
