"""Stamps: what was set up, and from what, so that a second call sets nothing up again."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from bootstrap.places import CHECKOUT, STAMPS


def key(*parts: str, files: Iterable[Path] = ()) -> str:
    """Give a key that changes with any of the parts and with the content of any of the files."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def python_key() -> str:
    """Give the key of the running Python and of the place of the checkout: scripts hold both paths."""
    return key(platform.python_version(), sys.base_prefix, platform.machine(), str(CHECKOUT))


def is_done(name: str, wanted: str) -> bool:
    """Say whether `name` was set up from what `wanted` stands for."""
    try:
        return (STAMPS / name).read_text() == wanted
    except OSError:
        return False


def exists(name: str) -> bool:
    """Say whether `name` was ever set up, from whatever."""
    return (STAMPS / name).exists()


def forget(name: str) -> None:
    """Take the stamp away, before the work: an interrupted set-up is done again."""
    (STAMPS / name).unlink(missing_ok=True)


def mark(name: str, made_from: str) -> None:
    """Note that `name` is set up."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(made_from)
