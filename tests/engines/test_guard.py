"""Nothing outlives replant: not what a command forks, not when the parent is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engines.guard import descendants
from engines.places import CHECKOUT
from engines.service import Service, environment
from pipelines.errors import CannotProceedError

# A daemon: forks twice, leaves its session, ignores SIGTERM.
DAEMON = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
time.sleep(600)
"""


def _wait_for(path: Path) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


def _gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def _service(tmp_path: Path, argv: list[str], grace_seconds: float = 1.0) -> Service:
    return Service(
        "the test service",
        argv,
        log=tmp_path / "service.log",
        env=environment(tmp_path, {}),
        grace_seconds=grace_seconds,
    )


def test_a_command_that_ends_by_itself_gives_its_own_exit_code(tmp_path: Path) -> None:
    with _service(tmp_path, [sys.executable, "-c", "print('said'); raise SystemExit(7)"]) as service:
        assert service.wait(10) == 7
    assert "said" in service.tail()


def test_a_command_that_ends_before_the_guard_looks_is_noticed(tmp_path: Path) -> None:
    slow = _STOPPED_AFTER_THE_START.format(guard=str(CHECKOUT / "engines" / "guard.py"))
    guard = subprocess.Popen([sys.executable, "-c", slow, "--", "false"], stdin=subprocess.PIPE)
    assert guard.wait(20) == 1


# The guard, made slow where its command has just been started.
_STOPPED_AFTER_THE_START = """
import runpy, subprocess, sys, time
class Slow(subprocess.Popen):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        time.sleep(1)
subprocess.Popen = Slow
sys.argv[0] = "guard"
runpy.run_path({guard!r}, run_name="__main__")
"""


def test_the_log_is_for_the_user_alone(tmp_path: Path) -> None:
    with _service(tmp_path, ["true"]) as service:
        service.wait(10)
    assert service.log.stat().st_mode & 0o777 == 0o600


def test_a_daemon_that_ignores_sigterm_is_stopped_too(tmp_path: Path) -> None:
    with _service(tmp_path, [sys.executable, "-c", DAEMON, str(tmp_path / "pid")]):
        daemon = _wait_for(tmp_path / "pid")
        assert psutil.pid_exists(daemon)
    assert _gone(daemon)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_what_was_started_ends_with_the_parent_however_it_ends(
    tmp_path: Path, number: signal.Signals
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), DAEMON],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stderr=subprocess.DEVNULL,
    )
    daemon = _wait_for(tmp_path / "pid")
    guard = _wait_for(tmp_path / "guard")
    parent.send_signal(number)
    parent.wait(20)
    assert _gone(daemon)
    assert _gone(guard)


PARENT = """
import sys, time
from pathlib import Path
from engines.service import Service, environment
folder = Path(sys.argv[1])
service = Service("daemon", [sys.executable, "-c", sys.argv[2], str(folder / "pid")], log=folder / "log",
                  env=environment(folder, {}), grace_seconds=1)
service.start()
(folder / "guard").write_text(str(service.pid))
time.sleep(600)
"""


def test_a_killed_guard_takes_its_command_with_it(tmp_path: Path) -> None:
    service = _service(tmp_path, [sys.executable, "-c", "import time; time.sleep(600)"])
    service.start()
    deadline = time.monotonic() + 10
    while not (below := descendants(service.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert below
    time.sleep(0.3)  # the death signal is set between fork and exec
    os.kill(service.pid, signal.SIGKILL)
    assert all(_gone(pid) for pid in below)
    service.stop()


def test_a_service_that_ends_while_starting_says_so_with_its_log_and_without_secrets(tmp_path: Path) -> None:
    words = "print('cannot reach postgresql://user:hunter2@host/db')"
    service = _service(tmp_path, [sys.executable, "-c", words])
    with service, pytest.raises(CannotProceedError) as raised:
        service.wait_until(lambda: False, 10)
    assert "ended with code 0" in str(raised.value)
    assert "cannot reach" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_service_that_is_never_ready_says_so(tmp_path: Path) -> None:
    service = _service(tmp_path, ["sleep", "600"])
    with service, pytest.raises(CannotProceedError, match="was not ready after 0 s"):
        service.wait_until(lambda: False, 0.2)
