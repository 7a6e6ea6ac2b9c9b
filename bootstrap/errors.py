"""What went wrong during the set-up, as one sentence that says what to do."""

from __future__ import annotations

import errno
import re
from pathlib import Path

FULL_DISK = re.compile(r"No space left on device|os error 28|Disk quota exceeded", re.IGNORECASE)
NO_NETWORK = re.compile(
    r"Temporary failure|Could not resolve|Name or service not known|failed to lookup address|dns error"
    r"|Network is unreachable|Connection refused|Connection timed out|ConnectTimeout|NewConnectionError"
    r"|error sending request|Failed to download|tcp connect error|operation timed out|Failed to fetch"
    r"|Could not connect|Cannot initiate the connection|Unable to connect|No matching distribution found"
    r"|Unable to locate package",
    re.IGNORECASE,
)
NO_TRUST = re.compile(r"certificate verif|CERTIFICATE_VERIFY_FAILED|UnknownIssuer|invalid peer cert", re.I)
WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES|hash mismatch|Hash Sum mismatch", re.IGNORECASE)
NO_WHEEL = re.compile(
    r"no wheels? with a matching|no usable wheels|building source distributions is dis", re.I
)
LOCKED = re.compile(r"Could not get lock|Unable to acquire the dpkg", re.IGNORECASE)
BROKEN = re.compile(r"dpkg was interrupted|--fix-broken install|unmet dependencies", re.IGNORECASE)


class SetupError(Exception):
    """The set-up cannot go on: says what, and what to do next. Holds no secret."""


def explain(what: str, output: str, log: Path) -> SetupError:
    """Give the sentence for a program that failed, from what it said. `what` starts it: "installing uv"."""
    failed = f"{what[:1].upper()}{what[1:]} failed"
    if FULL_DISK.search(output):
        return full_disk()
    if WRONG_HASH.search(output):
        return SetupError(
            f"{failed}: a downloaded package is not the one that requirements/ pins by its hash. "
            f"Call again; if it stays so, do not trust the package index in use. Log: {log}"
        )
    if NO_TRUST.search(output):
        return SetupError(
            f"{failed}: the server's certificate is not trusted. "
            f"Name your certificates with PIP_CERT=/path/to/bundle.crt, then call again. Log: {log}"
        )
    if LOCKED.search(output):
        return SetupError(f"{failed}: another apt is running. Call again when it has ended. Log: {log}")
    if BROKEN.search(output):
        return SetupError(
            f"{failed}: apt reports broken packages. Run `apt-get --fix-broken install`, "
            f"then call again. Log: {log}"
        )
    if NO_WHEEL.search(output):
        return SetupError(
            f"{failed}: a package has no wheel for this machine. "
            f"replant is made for Linux on x86-64 and arm64 with glibc. Log: {log}"
        )
    if NO_NETWORK.search(output):
        return SetupError(
            f"{failed}: the packages could not be reached. Check the network and the proxy, or pip's "
            f"configuration if the package index is your own, then call again. Log: {log}"
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = f": {lines[-1].rstrip('.')}" if lines else ""
    return SetupError(f"{failed}{said}. The log is {log}; call again when that is mended.")


def full_disk() -> SetupError:
    """Give the sentence for a disk with no space left."""
    return SetupError(
        "The disk is full: the set-up needs about 2 GB in the checkout. Free some space, then call again."
    )


def explain_os(error: OSError) -> SetupError:
    """Give the sentence for a file that could not be read or written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_disk()
    if isinstance(error, PermissionError):
        return SetupError(
            f"{error.filename} cannot be written by this user. "
            "Give the checkout to one user (chown -R), then call again."
        )
    return SetupError(f"{error.filename or 'The set-up'}: {error.strerror}. Mend that, then call again.")
