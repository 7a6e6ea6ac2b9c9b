"""EmailOperator: a mail, by the server of the Secret smtp-url."""

from __future__ import annotations

from migration.constructs import construct
from migration.graph import Task
from migration.writing.plan import Claim, RefusedError, Work, Written, equivalent
from migration.writing.site import Site

CODE = '''def @NAME@(to: str | list[str], subject: str, html_content: str, **others: Any) -> None:
    """Send a mail."""
    send_mail(to, subject, html_content, **others)
'''
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
    imports = ("from typing import Any", "from replant_mail import send_mail")
    work = Work("email", "email", CODE, imports=imports)
    claims = {name: Claim() for name in (*PASSED, *OTHERS, *FIXED) if task.has(name)}
    claims["to"] = equivalent("by the server of the Secret smtp-url", "mail")
    return Written(work, kwargs=given, claims=claims, tracked=tracked)
