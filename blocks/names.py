"""Names that Prefect takes, made out of Airflow's."""

from __future__ import annotations

import hashlib
import re

LONGEST = 255


def variable_name(name: str) -> str:
    """Give the name as Prefect's Variables allow it: lower-case letters, digits, dashes, underscores."""
    return _mapped(name, "_", "_-")


def block_name(name: str) -> str:
    """Give the name as Prefect's blocks allow it: lower-case letters, digits, dashes."""
    return _mapped(name, "-", "-")


def is_variable_name(name: str) -> bool:
    """Say whether Prefect takes this as the name of a Variable."""
    return len(name) <= LONGEST and re.fullmatch(r"[a-z0-9_-]+", name) is not None


def is_block_name(name: str) -> bool:
    """Say whether Prefect takes this as the name of a block."""
    return len(name) <= LONGEST and re.fullmatch(r"[a-z0-9-]+", name) is not None


def _mapped(name: str, filler: str, allowed: str) -> str:
    """Lower the letters, put the filler for other signs, write letters beyond ASCII by their code.

    Two names can meet in one; whoever asks checks for that.
    """
    signs = []
    for sign in name.lower():
        if sign.isascii():
            signs.append(sign if sign.isalnum() or sign in allowed else filler)
        else:
            signs.append(f"{filler}u{ord(sign):x}{filler}")
    mapped = (
        re.sub(f"{filler}+", filler, "".join(signs)).strip(filler) if not name.isascii() else "".join(signs)
    )
    if not mapped.strip("-_"):
        mapped = "x" + "".join(f"{filler}u{ord(sign):x}" for sign in name)
    if len(mapped) > LONGEST:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        mapped = f"{mapped[: LONGEST - 13]}-{digest}"
    return mapped
