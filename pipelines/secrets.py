"""Keeps passwords out of everything that is printed, logged or written."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

MASK = "***"

# scheme://user:PASSWORD@host, the password up to the last @ before the host.
_URL_PASSWORD = re.compile(r"(?P<head>[A-Za-z][\w+.-]*://[^\s:/@]*:)(?P<password>[^\s]*)(?=@)")
# password=... in a libpq string or in a URL's query.
_KEYWORD_PASSWORD = re.compile(
    r"(?P<head>\b(?:password|passwd|pwd|token|secret)\s*=\s*)(?P<password>'[^']*'|[^\s&;,]+)", re.IGNORECASE
)
# Slack's incoming webhooks: the path is the secret.
_SLACK_PATH = re.compile(r"(?P<head>https?://[^\s/]+/services/)(?P<password>[^\s\"'<>]+)")


def mask(text: str) -> str:
    """Give `text` with the passwords of URLs, libpq strings and Slack webhooks replaced by `***`."""
    for pattern in (_URL_PASSWORD, _KEYWORD_PASSWORD, _SLACK_PATH):
        text = pattern.sub(lambda found: found["head"] + MASK, text)
    return text


def mask_values(text: str, secrets: tuple[str, ...]) -> str:
    """Give `text` without any of `secrets`, then masked by shape as well."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return mask(text)


def password_of(url: str) -> str | None:
    """Give the password in a URL, percent-decoded, or None."""
    password = urlsplit(url).password
    return unquote(password) if password else None
