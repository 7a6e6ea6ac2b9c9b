"""Landlock: which files a process may touch from now on.

Numbers and layouts are those of the kernel's user-space interface (linux/landlock.h), the same on all
architectures. Metadata (stat, chmod) is not covered; `seccomp` denies the changing ones.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15
FIRST_THIRTEEN = (1 << 13) - 1
BIND_AND_CONNECT_TCP = 0b11
SCOPE_SOCKETS_AND_SIGNALS = 0b11
LEAST_ABI = 3
"""From here on truncation is covered (Linux 6.2)."""
SET_NO_NEW_PRIVS = 38


class LandlockUnavailableError(OSError):
    """The kernel does not offer what the recorder needs."""


def abi() -> int:
    """Give the version of Landlock that runs here; 0 where there is none."""
    version = ctypes.CDLL(None, use_errno=True).syscall(CREATE_RULESET, None, 0, 1)
    return max(0, int(version))


def confine(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Let this process read below the one set of paths and write below the other; nothing else, for good.

    Raises LandlockUnavailableError.
    """
    version = abi()
    if version < LEAST_ABI:
        raise LandlockUnavailableError(f"Landlock's version is {version}, needed is {LEAST_ABI}")
    libc = ctypes.CDLL(None, use_errno=True)
    files = FIRST_THIRTEEN | 1 << 13 | TRUNCATE | (IOCTL_DEV if version >= 5 else 0)
    network = BIND_AND_CONNECT_TCP if version >= 4 else 0
    scopes = SCOPE_SOCKETS_AND_SIGNALS if version >= 6 else 0
    attribute = struct.pack("QQQ", files, network, scopes)
    length = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _checked(libc.syscall(CREATE_RULESET, attribute, length, 0), "create a ruleset")
    try:
        for path in readable:
            _allow(libc, ruleset, path, READ_FILE | READ_DIR)
        for path in writable:
            _allow(libc, ruleset, path, files & ~EXECUTE & ~IOCTL_DEV)
        _checked(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")
        _checked(libc.syscall(RESTRICT_SELF, ruleset, 0), "restrict itself")
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - a descriptor is what counts here
            access &= READ_FILE | WRITE_FILE | TRUNCATE
        rule = struct.pack("=Qi", access, descriptor)
        _checked(libc.syscall(ADD_RULE, ruleset, 1, rule, 0), f"allow {path}")
    finally:
        os.close(descriptor)


def _checked(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise LandlockUnavailableError(error, f"Landlock could not {what}: {os.strerror(error)}")
    return result
