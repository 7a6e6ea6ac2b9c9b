"""Other people's code, locked in by the kernel: nothing gets out, and nothing stops the next file.

The hostile files use ctypes, so that no patched builtin could have held them.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from migration.graph import Recording
from migration.recorder import landlock, run, seccomp
from migration.recorder.run import Recorder, require_sandbox
from pipelines.errors import CannotProceedError

Record = Callable[[str], Recording]
HEALTHY = "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\n" + (
    "with DAG('healthy', schedule=None):\n    EmptyOperator(task_id='a')\n"
)
REPORT = """
from airflow import DAG
from airflow.operators.bash import BashOperator
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def report(text):
    with DAG("report", schedule=None):
        BashOperator(task_id="told", bash_command=str(text))
"""


def told(recording: Recording) -> str:
    """Give what the hostile file could find out."""
    assert recording.reason is None, recording.reason
    return str(recording.dags[0].task("told").get("bash_command"))


@pytest.fixture(autouse=True)
def the_next_file_is_still_recorded(recorded: Record) -> object:
    """Whatever a file did, the next one is recorded as if it had never been."""
    yield
    assert recorded(HEALTHY).dags[0].dag_id == "healthy"


def test_an_ordinary_file_is_recorded(recorded: Record) -> None:
    assert [task.task_id for task in recorded(HEALTHY).dags[0].tasks] == ["a"]


def test_cannot_read_outside(recorded: Record, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    for path in (secret, Path("/etc/passwd"), Path("/proc/self/environ"), Path.home() / ".bashrc"):
        found = recorded(
            REPORT
            + f"descriptor = libc.open({str(path).encode()!r}, 0)\n"
            + "report((descriptor, ctypes.get_errno()))\n"
        )
        assert told(found).startswith("(-1, "), path


def test_cannot_write_outside(recorded: Record, tmp_path: Path) -> None:
    for path in (tmp_path / "dags" / "new.txt", Path("/tmp/replant-was-here"), Path("/dev/shm/replant")):
        text = f"report(libc.open({str(path).encode()!r}, os.O_CREAT | os.O_WRONLY, 0o600))\n"
        assert told(recorded(REPORT + text)) == "-1"
        assert not path.exists()


def test_can_write_in_its_scratch_folder(recorded: Record) -> None:
    assert told(recorded(REPORT + "open('x', 'w').write('y'); report(open('x').read())")) == "y"


def test_cannot_change_modes_owners_or_times(recorded: Record, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("x")
    target.chmod(0o600)
    before = target.stat()
    text = f"p = {str(target).encode()!r}\n"
    text += "report([libc.chmod(p, 0o777), libc.chown(p, 1, 1), libc.utime(p, None)])"
    assert told(recorded(REPORT + text)) == "[-1, -1, -1]"
    assert target.stat().st_mode == before.st_mode
    assert target.stat().st_mtime == before.st_mtime


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_no_network(recorded: Record, kind: str) -> None:
    with socket.socket(socket.AF_INET, getattr(socket, kind)) as sink:
        sink.bind(("127.0.0.1", 0))
        if kind == "SOCK_STREAM":
            sink.listen()
        sink.settimeout(0.2)
        text = "import socket\nreport([libc.socket(f, t, 0) for f in (1, 2, 10, 16) for t in (1, 2, 3)])\n"
        assert told(recorded(REPORT + text)) == str([-1] * 12)
        with pytest.raises(TimeoutError):
            sink.recv(1) if kind == "SOCK_DGRAM" else sink.accept()


def test_no_processes_but_threads(recorded: Record) -> None:
    text = """
import subprocess, threading
seen = [libc.fork(), libc.vfork(), libc.syscall(57), libc.syscall(56, 17, 0, 0, 0, 0),
        libc.system(b"true") != 0]
try:
    subprocess.run(["/bin/true"])
except PermissionError:
    seen.append("refused")
thread = threading.Thread(target=lambda: seen.append("thread")); thread.start(); thread.join()
report(seen)
"""
    assert told(recorded(REPORT + text)) == "[-1, -1, -1, -1, True, 'refused', 'thread']"


def test_cannot_signal_others(recorded: Record) -> None:
    me = os.getpid()
    text = f"""
report([libc.kill({me}, 0), libc.kill(os.getppid(), 9), libc.syscall(234, {me}, {me}, 0),
        libc.syscall(424, 0, 9, 0, 0), libc.ptrace(16, {me}, 0, 0)])
"""
    assert told(recorded(REPORT + text)) == "[-1, -1, -1, -1, -1]"


def test_cannot_change_others_limits(recorded: Record) -> None:
    text = f"report(libc.syscall(302, {os.getppid()}, 7, 0, ctypes.create_string_buffer(16)))"
    assert told(recorded(REPORT + text)) == "-1"


@pytest.mark.parametrize(
    "text",
    [
        "import os; os._exit(0)",
        "import sys; sys.exit(3)",
        "import ctypes; ctypes.string_at(0)",
        "raise KeyboardInterrupt",
        "import os, signal; os.abort()",
        "def f(): f()\nf()",
        "import os\nfor d in range(3, 64):\n    try: os.write(d, b'}{')\n    except OSError: pass",
        "import gc, sys\nsys.modules['json'] = None\nsys.meta_path.clear()\nsys.exit(1)",
    ],
)
def test_a_file_that_ends_its_process_is_a_result(recorded: Record, text: str) -> None:
    found = recorded(text)
    assert found.status == "unreadable" or not found.dags


@pytest.mark.parametrize("text", ["while True: pass", "import time\ntime.sleep(1000)"])
def test_a_file_that_never_ends_is_stopped(recorded: Record, text: str) -> None:
    assert str(recorded(text).reason).startswith("the file took longer than 4 s")


def test_a_file_that_eats_memory_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "eater.py").write_text("x = []\nwhile True: x.append(bytearray(50_000_000))")
    with Recorder(limits=run.Limits(memory_bytes=1024**3)) as small:
        assert "MemoryError" in str(small.record(tmp_path / "eater.py", [tmp_path]).reason)


def test_monkeypatching_stays_in_the_file(recorded: Record) -> None:
    recorded("import builtins, json\njson.dumps = None\nbuiltins.open = None\nbuiltins.len = lambda x: 7\n")


def test_no_environment_and_no_output_of_ours(
    recorder: Recorder, recorded: Record, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    recorder.stop()  # the next file gets a new server, made with this environment
    found = told(recorded(REPORT + "print('x' * 10); sys.stderr.write('y')\nreport(sorted(os.environ))"))
    assert "AWS" not in found
    assert capfd.readouterr() == ("", "")


def test_two_recorders_do_not_share(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEALTHY)
    seen: list[str] = []

    def run_one() -> None:
        with Recorder() as other:
            seen.append(other.record(tmp_path / "a.py", [tmp_path]).dags[0].dag_id)

    threads = [threading.Thread(target=run_one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["healthy", "healthy"]


def test_without_a_sandbox_it_refuses_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    # a kernel without Landlock cannot be had here, so its answer is given by hand
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    with pytest.raises(CannotProceedError, match="--accept-no-sandbox"):
        require_sandbox()
    with pytest.raises(CannotProceedError):
        Recorder()
    run.Recorder(limits=run.Limits(sandbox=False)).stop()
    assert seccomp.available()
