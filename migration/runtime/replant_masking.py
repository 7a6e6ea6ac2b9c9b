"""Airflow's `mask_secret`: what is named a secret does not stand in this process's log from then on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

SHORTEST = 5
"""Airflow masks no text shorter than this."""
HIDDEN = "***"
_secrets: set[str] = set()
_lock = threading.Lock()


def mask_secret(secret: Any, name: str | None = None) -> None:
    """Hide a text, or each text in a list or mapping, in what is logged from now on."""
    with _lock:
        _secrets.update(text for text in _texts(secret) if len(text) >= SHORTEST)
        made = logging.getLogRecordFactory()
        if _secrets and not hasattr(made, "masks_secrets"):
            logging.setLogRecordFactory(_masking(made))


def _texts(secret: Any) -> Iterable[str]:
    if isinstance(secret, str):
        yield secret
    elif isinstance(secret, Mapping):
        for one in secret.values():
            yield from _texts(one)
    elif isinstance(secret, Iterable) and not isinstance(secret, bytes):
        for one in secret:
            yield from _texts(one)


def _masked(text: str) -> str:
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _masking(make: Any) -> Any:
    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = make(*args, **kwargs)
        try:
            shown = record.getMessage()
        except Exception:  # noqa: BLE001 - a broken message is the handler's to report
            return record
        if _masked(shown) != shown:
            record.msg, record.args = _masked(shown), ()
        if record.exc_info:
            # a formatter takes the text that is there instead of making one
            record.exc_text = _masked(logging.Formatter().formatException(record.exc_info))
        return record

    made.masks_secrets = True  # type: ignore[attr-defined]
    return made
