"""What a run costs is measured, not guessed: CPU of short-lived children included."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

from engines.run import Usage
from engines.service import Service, environment
from engines.usage import HIDDEN, UsageMeter, Watched, memory_of

# Serves until killed; on each line of the log file's growth it starts a job that burns CPU and ends.
SERVER = """
import subprocess, sys, time
burn = "import time\\nend = time.process_time() + 0.6\\nwhile time.process_time() < end: pass"
time.sleep(0.5)
subprocess.run([sys.executable, "-c", burn, "job"], check=True)
open(sys.argv[1], "w").write("done")
time.sleep(600)
"""


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_cpu_of_a_job_that_has_already_ended_is_counted_as_the_runners(tmp_path: Path) -> None:
    done = tmp_path / "done"
    service = Service(
        "server",
        [sys.executable, "-c", SERVER, str(done)],
        log=tmp_path / "log",
        env=environment(tmp_path, {}),
        grace_seconds=1,
    )
    with service:
        watched = Watched(lambda: (service.pid,), lambda _pid, cmdline: cmdline.endswith(" job"))
        with UsageMeter(watched, every_seconds=0.1) as meter:
            _wait_for(done)
    usage = meter.usage
    assert usage.cpu_seconds is not None
    assert 0.6 <= usage.cpu_seconds < 1.2
    assert usage.server_cpu_seconds is not None
    assert usage.server_cpu_seconds < 0.5
    assert usage.peak_memory_bytes is not None
    assert usage.peak_memory_bytes > 2**20
    assert usage.samples > 3


def test_what_was_used_before_is_not_counted_again(tmp_path: Path) -> None:
    """Two jobs, one before and one while it is measured; only the second counts."""
    twice = SERVER.replace(
        "time.sleep(600)",
        "time.sleep(1)\nsubprocess.run([sys.executable, '-c', burn, 'job'])\n"
        "open(sys.argv[1] + '2', 'w').write('done')\ntime.sleep(600)",
    )
    done = tmp_path / "done"
    service = Service(
        "server",
        [sys.executable, "-c", twice, str(done)],
        log=tmp_path / "log",
        env=environment(tmp_path, {}),
        grace_seconds=1,
    )
    with service:
        _wait_for(done)
        watched = Watched(lambda: (service.pid,), lambda _pid, cmdline: cmdline.endswith(" job"))
        with UsageMeter(watched, every_seconds=0.1) as meter:
            _wait_for(tmp_path / "done2")
    usage = meter.usage
    assert usage.cpu_seconds is not None
    assert 0.6 <= usage.cpu_seconds < 1.1
    assert usage.server_cpu_seconds is not None
    assert 0 <= usage.server_cpu_seconds < 0.3


def test_without_a_server_of_ours_nothing_is_claimed_about_the_database(tmp_path: Path) -> None:
    with UsageMeter(Watched(lambda: (), lambda _pid, _cmdline: True)) as meter:
        pass
    assert meter.usage.database_cpu_seconds is None
    assert meter.usage.peak_memory_bytes is None


def _hide(ready: Event) -> None:
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: as Airflow's task processes do
    ready.set()
    time.sleep(60)


def _measure_a_hiding_process() -> tuple[Usage, tuple[str, ...], int | None]:
    fork = get_context("fork")
    ready = fork.Event()
    process = fork.Process(target=_hide, args=(ready,))
    process.start()
    pid = process.pid or 0
    try:
        assert ready.wait(10)
        with UsageMeter(Watched(lambda: (pid,), lambda _pid, _cmdline: True), 0.1) as meter:
            time.sleep(0.5)
        return meter.usage, meter.warnings, memory_of([pid])
    finally:
        process.kill()
        process.join()


def test_memory_that_a_process_hides_is_a_warning_not_a_figure() -> None:
    if os.geteuid() != 0:
        measured = _measure_a_hiding_process()
    else:  # root sees everything: look as another user
        with ProcessPoolExecutor(1, get_context("fork"), os.setuid, (65534,)) as pool:
            measured = pool.submit(_measure_a_hiding_process).result()
    usage, warnings, memory = measured
    assert (usage.peak_memory_bytes, memory, warnings) == (None, None, (HIDDEN,))
    assert usage.cpu_seconds is not None
