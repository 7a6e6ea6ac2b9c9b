"""A real set-up of a copy of the checkout, and what a second call does."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .conftest import Copy, lend_downloads

ENVIRONMENTS = (".venv", ".venv-airflow")


@pytest.fixture(scope="module")
def ready(new_copy: Callable[[], Copy]) -> Copy:
    """A copy that was set up, without a PostgreSQL."""
    copy = new_copy()
    lend_downloads(copy, "apt", "uv", "pip")
    done = copy.set_up("--without-postgres")
    assert done.returncode == 0, done.stderr
    return copy


def _versions(copy: Copy) -> list[tuple[Path, int]]:
    """What was installed when: the metadata of every package."""
    found = [path for name in ENVIRONMENTS for path in (copy.folder / name).glob("lib/*/*/*.dist-info")]
    return sorted((path, path.stat().st_ctime_ns) for path in found)


def test_both_environments_and_the_command_work(ready: Copy) -> None:
    # Found, not imported: Prefect makes a folder in the home when it is imported.
    find = (
        "import pipelines; from importlib.util import find_spec; print(pipelines.__file__, find_spec({!r}))"
    )
    for environment, orchestrator in (".venv", "prefect"), (".venv-airflow", "airflow"):
        found = ready.call(f"{environment}/bin/python", "-c", find.format(orchestrator))
        assert found.stdout.startswith(str(ready.folder / "pipelines")), found.stderr
        assert f"{ready.folder}/{environment}/lib" in found.stdout
    assert ready.call(".venv/bin/replant", "--help").returncode == 0


def test_nothing_was_written_to_the_home(ready: Copy) -> None:
    assert list(ready.home.iterdir()) == []


def test_a_second_call_sets_nothing_up_and_takes_no_time(ready: Copy) -> None:
    before = _versions(ready)
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        again = ready.set_up("--without-postgres")
        seconds.append(time.monotonic() - started)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert _versions(ready) == before
    assert min(seconds) < 2  # the best of three: the machine may be busy with other things


def test_changed_pins_touch_only_their_environment(ready: Copy) -> None:
    before = {path for path, _ in _versions(ready)}
    pins = ready.folder / "requirements" / "airflow.txt"
    original = pins.read_text()
    # the package that nothing else needs: with its pin it leaves the environment
    without = _without(original, "apache-airflow-providers-slack")
    pins.write_text(without)
    done = ready.set_up("--without-postgres")
    assert done.returncode == 0, done.stderr
    assert ".venv-airflow" in done.stderr
    assert ".venv\n" not in done.stderr
    gone = before - {path for path, _ in _versions(ready)}
    assert {path.name.partition("-")[0] for path in gone} == {"apache_airflow_providers_slack"}
    assert ready.call(".venv-airflow/bin/python", "-c", "import pipelines").returncode == 0
    pins.write_text(original)
    assert ready.set_up("--without-postgres").returncode == 0
    assert {path for path, _ in _versions(ready)} == before


def test_what_the_tests_need_comes_with_the_option_and_stays(ready: Copy) -> None:
    pytest_there = (".venv/bin/python", "-c", "import pytest")
    assert ready.call(*pytest_there).returncode != 0
    assert ready.set_up("--without-postgres", "--with-tests", "--without-browser").returncode == 0
    assert ready.call(*pytest_there).returncode == 0
    assert ready.set_up("--without-postgres").stderr == ""
    assert ready.call(*pytest_there).returncode == 0


def test_an_interrupted_set_up_is_gone_on_with(ready: Copy) -> None:
    (ready.folder / ".cache/setup/toolkit-checkout").unlink()
    (ready.folder / ".venv/bin/replant").unlink()
    assert ready.set_up("--without-postgres").returncode == 0
    assert ready.call(".venv/bin/replant", "--help").returncode == 0


def test_a_moved_checkout_is_set_up_again(ready: Copy, tmp_path: Path) -> None:
    moved = Copy(tmp_path / "moved", ready.home)
    ready.folder.rename(moved.folder)
    try:
        assert moved.set_up("--without-postgres").returncode == 0
        assert moved.call(".venv/bin/replant", "--help").returncode == 0
        where = moved.call(".venv/bin/python", "-c", "import pipelines; print(pipelines.__file__)")
        assert where.stdout.startswith(str(moved.folder))
    finally:
        moved.folder.rename(ready.folder)


def test_two_set_ups_at_once_do_not_disturb_each_other(ready: Copy) -> None:
    for stamp in (ready.folder / ".cache/setup").glob("*-packages"):
        stamp.unlink()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(ready.set_up, "--without-postgres") for _ in range(2)]
        done = [each.result() for each in both]
    assert [each.returncode for each in done] == [0, 0], [each.stderr for each in done]
    said = sorted(each.stderr.count("Packages:") for each in done)
    assert said == [0, 2]  # one did the work, the other waited and found it done


def _without(pins: str, package: str) -> str:
    """Take one package and its hashes out of a requirement file."""
    kept, skipping = [], False
    for line in pins.splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            skipping = line.startswith(f"{package}==")
        if not skipping:
            kept.append(line)
    return "".join(kept)
