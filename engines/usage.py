"""What a run costs: CPU exactly, memory by samples, of process trees.

CPU is exact without fast sampling: when a process is reaped, its time moves into its parent's account of
children, so the sum over the live tree before and after a run misses nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

import psutil

from engines.run import Usage

EVERY_SECONDS = 1.0
"""Reading the proportional set size costs the kernel 1-3 ms for a 100 MB process: not more often."""

FIRST_AFTER_SECONDS = 0.2

HIDDEN = (
    "Memory was not measured: the processes that run its tasks hide it from ordinary users "
    "(airflow/sdk/execution_time/supervisor.py, PR_SET_DUMPABLE). Run replant as root to see it."
)


@dataclass(frozen=True)
class Watched:
    """Which processes belong to what. Roots are process ids; all that is below them counts."""

    servers: Callable[[], tuple[int, ...]]
    """The orchestrator's processes: asked anew at each look, since a run may start some."""
    is_runner: Callable[[int, str], bool]
    """Whether a process below those (pid, command line) runs steps rather than serves."""
    databases: tuple[int, ...] = ()
    """The pipeline's database server, if it is ours."""


@dataclass(frozen=True)
class _Seen:
    """One process at one moment."""

    pid: int
    runs_steps: bool
    own_cpu: float
    reaped_cpu: float
    """Of its children that have ended."""
    memory: int | None
    """None where the process hides it from us."""


class UsageMeter:
    """Measures between entering and leaving; a context manager."""

    def __init__(self, watched: Watched, every_seconds: float = EVERY_SECONDS) -> None:
        self._watched = watched
        self._every_seconds = every_seconds
        self._parents_of_runners: set[int] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._peak_memory: int | None = 0
        self._samples = 0
        self._usage: Usage | None = None

    def __enter__(self) -> Self:
        self._first = self._look(memory_of_servers=True)
        self._first_database = _cpu_with_children(_trees(self._watched.databases))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        last = self._look(memory_of_servers=True)
        database = _cpu_with_children(_trees(self._watched.databases))
        # Only now it is known whose children were runners: both looks are added up by the same rule.
        runner, server = self._cpu(last)
        runner_before, server_before = self._cpu(self._first)
        memory = [_memory_in(look, runs_steps=False) for look in (self._first, last)]
        self._usage = Usage(
            cpu_seconds=max(0.0, runner - runner_before),
            peak_memory_bytes=self._peak_memory or None,
            server_cpu_seconds=max(0.0, server - server_before),
            server_memory_bytes=None if None in memory else max(each or 0 for each in memory) or None,
            database_cpu_seconds=database - self._first_database if self._watched.databases else None,
            samples=self._samples,
        )

    @property
    def usage(self) -> Usage:
        """What was used. Only after leaving."""
        if self._usage is None:
            raise RuntimeError("the meter is still running")
        return self._usage

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be measured, and why. Only after leaving."""
        return (HIDDEN,) if self._peak_memory is None else ()

    def _sample(self) -> None:
        wait = FIRST_AFTER_SECONDS  # a run may be over in less than the usual pause
        while not self._stopped.wait(wait):
            wait = self._every_seconds
            look = self._look(memory_of_servers=False)
            memory = _memory_in(look, runs_steps=True)
            # Once a process has hidden its memory, there is no figure for the run.
            if self._peak_memory is not None:
                self._peak_memory = None if memory is None else max(self._peak_memory, memory)
            self._samples += 1

    def _cpu(self, look: list[_Seen]) -> tuple[float, float]:
        """Split a look's CPU: seconds of the runners, seconds of the servers.

        What a parent of runners has reaped counts as the runners'.
        """
        runner = server = 0.0
        for seen in look:
            if seen.runs_steps:
                runner += seen.own_cpu + seen.reaped_cpu
                continue
            server += seen.own_cpu
            if seen.pid in self._parents_of_runners:
                runner += seen.reaped_cpu
            else:
                server += seen.reaped_cpu
        return runner, server

    def _look(self, *, memory_of_servers: bool) -> list[_Seen]:
        """Read the trees once, and note whose children run steps."""
        found: list[_Seen] = []
        runners: set[int] = set()
        for process in _trees(self._watched.servers()):
            try:
                parent, times = process.ppid(), process.cpu_times()
                below_runner = parent in runners
                runs = below_runner or self._watched.is_runner(process.pid, " ".join(process.cmdline()))
                memory = _memory(process) if runs or memory_of_servers else 0
            except psutil.NoSuchProcess:
                continue
            if runs:
                runners.add(process.pid)
                if not below_runner:
                    self._parents_of_runners.add(parent)
            own = times.user + times.system
            found.append(_Seen(process.pid, runs, own, times.children_user + times.children_system, memory))
        return found


def memory_of(roots: Iterable[int]) -> int | None:
    """Give the proportional set size, in bytes, of the trees below these processes; None if one hides it."""
    total = 0
    for process in _trees(roots):
        try:
            memory = _memory(process)
        except psutil.NoSuchProcess:
            continue
        if memory is None:
            return None
        total += memory
    return total


def _memory(process: psutil.Process) -> int | None:
    """Give the proportional set size; None for a process that only root may look into.

    Airflow's task processes make themselves so, to protect their tokens.
    """
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return None


def _memory_in(look: list[_Seen], *, runs_steps: bool) -> int | None:
    """Add up the memory of the runners or of the servers; None if one of them hides it."""
    parts = [seen.memory for seen in look if seen.runs_steps == runs_steps]
    return None if None in parts else sum(part or 0 for part in parts)


def _trees(roots: Iterable[int]) -> list[psutil.Process]:
    """List the roots and what is below them, parents before children."""
    found: list[psutil.Process] = []
    for root in roots:
        try:
            process = psutil.Process(root)
            found += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


def _cpu_with_children(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
