"""Keyed digests: a plan tells whether a value has changed, and gives nobody a way to guess it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import CannotProceedError

KEY_FILE = "REPLANT_PLAN_KEY_FILE"
USUAL_KEY_FILE = Path(__file__).resolve().parent.parent / ".cache" / "blocks" / "plan.key"


@dataclass(frozen=True)
class Digester:
    """Makes digests with a key that stands in no plan."""

    key: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Tells keys apart, and nothing else of them."""
        return self.of("the name of the key")[:12]

    def of(self, value: Any) -> str:
        """Give the digest of a JSON value."""
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()


def digester(environment: Mapping[str, str] | None = None, *, may_create: bool = True) -> Digester:
    """Give the digester with the key of this checkout, or of the file that REPLANT_PLAN_KEY_FILE names.

    Raises CannotProceedError if the key cannot be read, or is there for others to read.
    """
    values = os.environ if environment is None else environment
    path = Path(values.get(KEY_FILE) or USUAL_KEY_FILE)
    try:
        if may_create and not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise CannotProceedError(f"The plans' key {path} can be read by others: `chmod 600 {path}`.")
        key = path.read_bytes()
    except OSError as error:
        raise CannotProceedError(
            f"Cannot read the plans' key {path}: {error.strerror}. Apply a plan where it was made, or carry "
            f"the key along and name it with {KEY_FILE}."
        ) from None
    if len(key) < 32:
        raise CannotProceedError(f"The plans' key {path} is too short; delete it, then plan again.")
    return Digester(key)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, secrets.token_bytes(32))


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, whole or not at all, over what is there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
