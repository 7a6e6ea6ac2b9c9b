"""Sets the checkout up: `bootstrap/python.sh setup [--with-tests] [--without-postgres]`."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from types import FrameType

from bootstrap import chromium, postgres, stamps
from bootstrap.apt import system_apt
from bootstrap.cleaning import clean
from bootstrap.environments import TESTS, build, environments, peers
from bootstrap.errors import SetupError, explain_os
from bootstrap.installers import install_uv
from bootstrap.places import CACHE, CHECKOUT, POSTGRES_PACKAGES, STAMPS
from bootstrap.progress import Progress
from bootstrap.requirements import compile_requirements
from bootstrap.runner import Runner

NEEDED_BYTES = 1_500_000_000
"""What a whole set-up takes: both environments, uv's cache that they share files with, PostgreSQL."""


def main() -> int:
    """Run one command; give its exit code. What cannot be done is one sentence on stderr and code 2."""
    signal.signal(signal.SIGTERM, _leave)
    parser = argparse.ArgumentParser(prog="bootstrap/python.sh", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    setup = commands.add_parser("setup", help="make both environments and find or get PostgreSQL")
    setup.add_argument("--with-tests", action="store_true", help="also what tests and checks need")
    setup.add_argument("--with-peers", action="store_true", help="also what `make bench` measures against")
    setup.add_argument("--without-browser", action="store_true", help="no Chromium for the tests of pages")
    setup.add_argument("--without-postgres", action="store_true", help="a database of your own is used")
    commands.add_parser("requirements", help="compile requirements/*.in anew")
    commands.add_parser("clean", help="remove all that the set-up and replant made, but reports/")
    options = parser.parse_args()
    try:
        if options.command == "clean":
            clean()
            return 0
        with _alone():
            if options.command == "requirements":
                compile_requirements(Runner(os.environ))
            else:
                _set_up(options)
    except SetupError as error:
        print(f"replant: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"replant: {explain_os(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("replant: interrupted; call again to go on.", file=sys.stderr)
        return 130
    return 0


def _set_up(options: argparse.Namespace) -> None:
    """Do what the stamps do not vouch for: first what can fail, then the long work side by side."""
    if options.with_tests and not stamps.exists(TESTS):
        stamps.mark(TESTS, "")
    wanted = [*environments(), *([peers()] if options.with_peers else [])]
    missing = [environment for environment in wanted if not environment.is_ready()]
    needs_postgres = not options.without_postgres and postgres.known() is None
    browser = chromium.way() if options.with_tests and not options.without_browser else None
    if browser == "none":
        print(chromium.HINT, file=sys.stderr)
        browser = None
    if not (missing or needs_postgres or browser):
        return
    if missing:
        _check_disk()
    runner = Runner(os.environ)
    apt = system_apt(runner)
    pins = set().union(*(environment.pins() for environment in missing))
    wheels = CACHE / "uv" / "archive-v0"

    def measure() -> tuple[int, int]:
        # uv keeps each unpacked wheel in a folder of its own.
        return sum(1 for _ in wheels.iterdir()) if wheels.is_dir() else 0, len(pins)

    try:
        with Progress(measure) as progress:
            progress.say(f"Setting up {CHECKOUT} with Python {sys.version.split()[0]}")
            jobs: list[Callable[[], object]] = []
            if needs_postgres:
                planned = postgres.plan(runner, apt)
                progress.say(_announcement(planned))
                jobs.append(partial(postgres.obtain, planned, runner))
            variables = install_uv(runner, apt)
            for environment in missing:
                progress.say(f"Packages: {len(environment.pins())} into {environment.folder.name}")
                jobs.append(partial(build, environment, runner, variables))
            _side_by_side(jobs)
            if browser:
                progress.say("Chromium, for the tests that look at pages")
                chromium.obtain(environments()[0], runner, apt, variables)
            progress.say(f"Set up in {progress.seconds:.0f} s.")
    finally:
        runner.stop()


def _side_by_side(jobs: list[Callable[[], object]]) -> None:
    """Do all jobs at once; raise the first error without waiting for the others to succeed."""
    pool = ThreadPoolExecutor(max_workers=max(len(jobs), 1))
    try:
        done, _ = wait([pool.submit(job) for job in jobs], return_when=FIRST_EXCEPTION)
        for job in done:
            job.result()
    finally:
        # The threads end when the runner stops their programs.
        pool.shutdown(wait=False, cancel_futures=True)


def _announcement(planned: postgres.Plan) -> str:
    if planned.way == "apt":
        return f"PostgreSQL: apt installs {planned.package} on this machine; no server of it is started"
    if planned.way == "unpacked":
        return f"PostgreSQL: {planned.package} is downloaded and unpacked into {POSTGRES_PACKAGES}"
    return f"PostgreSQL: the one in {planned.found.bindir if planned.found else ''}"


def _check_disk() -> None:
    free = shutil.disk_usage(CHECKOUT).free
    if free < NEEDED_BYTES:
        raise SetupError(
            f"The disk of {CHECKOUT} has {free / 1e9:.1f} GB free, and the set-up needs "
            f"{NEEDED_BYTES / 1e9:.1f} GB. Free some space, then call again."
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Let one set-up of a checkout run at a time; another waits for it and then finds all done."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (STAMPS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up of this checkout is running: waiting for it.", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End by SIGTERM as by Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
