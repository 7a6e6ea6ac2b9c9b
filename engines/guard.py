"""Runs one command and sees to it that nothing of it outlives replant.

    python engines/guard.py --stop-signal TERM --grace 10 [--user NAME] [--stdin-fd N] -- COMMAND...

The guard is a subreaper, so whatever the command forks, daemons included, stays below it. It stops the
command when its standard input closes (the parent ended, however it ended), or when it is told to by
SIGTERM, SIGINT or SIGHUP: first the stop signal to the command, after the grace period SIGKILL to all
that is left. It exits with the command's code. Standard library only: it also runs as a bare script.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pwd
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def descendants(root: int) -> list[int]:
    """List the process ids below `root`, from /proc, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The command name may hold spaces and brackets: the fields start after the last ")".
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) failed")


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _reap(command: int) -> int | None:
    """Collect what has ended; give the command's exit code if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == command:
            code = os.waitstatus_to_exitcode(status)


def _end_all(command: int, code: int | None, stop_signal: int, grace: float) -> int | None:
    """Ask the command to stop, wait, then kill what is left; give its exit code if it was still running."""
    if code is None:
        _signal(command, stop_signal)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        ended = _reap(command)
        code = code if ended is None else ended
        left = descendants(os.getpid())
        if not left:
            return code
        if code is not None:
            for pid in left:
                _signal(pid, signal.SIGTERM)
            deadline = min(deadline, time.monotonic() + 3)
        time.sleep(0.02)
    while left := descendants(os.getpid()):
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.02)
        ended = _reap(command)
        code = code if ended is None else ended
    return code


def _start(argv: list[str], user: str | None, stdin: int) -> subprocess.Popen[bytes]:
    account = pwd.getpwnam(user) if user else None
    return subprocess.Popen(
        argv,
        stdin=stdin,
        start_new_session=True,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        # Should the guard itself be killed, the command goes with it.
        preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
    )


def main(arguments: list[str]) -> int:
    """Run the command given after `--`; see the module's text."""
    parser = argparse.ArgumentParser(prog="guard")
    parser.add_argument("--stop-signal", default="TERM")
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--user")
    parser.add_argument("--stdin-fd", type=int, default=subprocess.DEVNULL, help="what the command reads")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    readable, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    signal.signal(signal.SIGCHLD, lambda *_: None)

    # Kept: a Popen that is thrown away collects a command that has ended already, exit code and all.
    started = _start(options.command, options.user, options.stdin_fd)
    command = started.pid
    code = None
    watched = [readable, sys.stdin.fileno()]
    while code is None and not stopping:
        ready = select.select(watched, [], [])[0]
        if readable in ready:
            os.read(readable, 4096)
            code = _reap(command)
        if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 4096):
            break
    code = _end_all(command, code, signal.Signals[f"SIG{options.stop_signal}"], options.grace)
    return 0 if code is None else code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
