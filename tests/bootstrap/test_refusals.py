"""What cannot be done is one sentence that says what to do, and exit code 2."""

from __future__ import annotations

import base64
import errno
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bootstrap.errors import explain, explain_os

from .conftest import Copy, lend_downloads

ONLY = {"PIP_CONFIG_FILE": "/dev/null", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}


@pytest.fixture(scope="module")
def bare(new_copy: Callable[[], Copy]) -> Copy:
    """A copy in which nothing is set up."""
    return new_copy()


def _program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def _sentence(stderr: str) -> str:
    """Give the last line, which must be the sentence; no traceback before it."""
    assert "Traceback" not in stderr
    return stderr.strip().splitlines()[-1]


def test_only_a_wrong_python(bare: Copy, tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        _program(tmp_path / "bin", name, 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    done = bare.set_up(PATH=f"{tmp_path}/bin:{os.defpath}")
    assert done.returncode == 2
    assert "3.11, 3.12 or 3.13" in _sentence(done.stderr)
    assert "3.9.2" in done.stderr
    assert not (bare.folder / ".cache").exists()


def test_a_named_wrong_python_is_not_replaced_by_another(bare: Copy, tmp_path: Path) -> None:
    _program(tmp_path / "bin", "mine", 'case "$1" in --version) echo Python 3.14.0;; *) exit 1;; esac')
    done = bare.call("make", "setup", f"PYTHON={tmp_path}/bin/mine")
    assert done.returncode == 2
    assert "3.14.0" in done.stderr


def test_a_python_that_fits_is_found_behind_ones_that_do_not(bare: Copy, tmp_path: Path) -> None:
    _program(tmp_path / "bin", "python3", "exit 1")
    _program(tmp_path / "bin", "python3.13", "echo 'not installed' >&2; exit 127")
    _program(tmp_path / "bin", "python3.12", f'exec {sys.executable} "$@"')
    done = bare.call("bootstrap/python.sh", "--help", PATH=f"{tmp_path}/bin:{os.defpath}")
    assert done.returncode == 0, done.stderr


def test_no_network(new_copy: Callable[[], Copy]) -> None:
    copy = new_copy()
    lend_downloads(copy, "apt")
    started = time.monotonic()
    done = copy.set_up("--without-postgres", PIP_INDEX_URL="http://127.0.0.1:9/simple", **ONLY)
    assert done.returncode == 2
    assert "Check the network" in _sentence(done.stderr)
    assert time.monotonic() - started < 30


def test_a_package_that_is_not_the_pinned_one(new_copy: Callable[[], Copy]) -> None:
    copy = new_copy()
    lend_downloads(copy, "apt", "pip")
    pins = copy.folder / "requirements" / "bootstrap.txt"
    pins.write_text(re.sub(r"sha256:\w+", "sha256:" + "0" * 64, pins.read_text()))
    done = copy.set_up("--without-postgres")
    assert done.returncode == 2
    assert "pins by its hash" in _sentence(done.stderr)
    assert not (copy.folder / ".cache/bootstrap/bin/uv").exists()


class _Index(BaseHTTPRequestHandler):
    """A package index that knows who asks, and has nothing."""

    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.headers.get("User-Agent", ""), self.headers.get("Authorization", "")))
        self.send_response(404 if self.asked[-1][1] else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def index() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    asked: list[tuple[str, str]] = []
    handler = type("Index", (_Index,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, asked
        server.shutdown()


@pytest.mark.parametrize("uv_is_there", [False, True])
def test_the_index_of_pips_configuration_is_asked_and_its_password_written_nowhere(
    new_copy: Callable[[], Copy], tmp_path: Path, index: tuple[int, list[tuple[str, str]]], uv_is_there: bool
) -> None:
    port, asked = index
    copy = new_copy()
    lend_downloads(copy, "apt")
    if uv_is_there:
        lend_downloads(copy, "bootstrap")
        stamp = Path(__file__).parents[2] / ".cache/setup/uv"
        (copy.folder / ".cache/setup").mkdir(parents=True)
        (copy.folder / ".cache/setup/uv").write_text(stamp.read_text())
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nindex-url = http://me:kept-secret@127.0.0.1:{port}/simple\n")
    only = ONLY | {"PIP_CONFIG_FILE": str(configuration)}
    done = copy.set_up("--without-postgres", **only)
    assert done.returncode == 2, done.stderr
    who = "uv/" if uv_is_there else "pip/"
    login = "Basic " + base64.b64encode(b"me:kept-secret").decode()
    assert any(agent.startswith(who) and sent == login for agent, sent in asked)
    assert "kept-secret" not in done.stdout + done.stderr + copy.everything_written()


def test_an_unknown_way_to_postgresql(bare: Copy) -> None:
    done = bare.set_up(REPLANT_POSTGRES="teleported")
    assert done.returncode == 2
    assert "installed, apt, unpacked" in _sentence(done.stderr)


def test_no_postgresql_and_no_apt(bare: Copy, tmp_path: Path) -> None:
    folder = tmp_path / "bin"  # all of PATH: no apt-get
    _program(folder, "dirname", 'exec /usr/bin/dirname "$@"')
    _program(folder, "python3", f'exec {sys.executable} "$@"')
    done = bare.call("/bin/sh", "bootstrap/python.sh", "setup", REPLANT_POSTGRES="unpacked", PATH=str(folder))
    assert done.returncode == 2
    assert "DATABASE_URL" in _sentence(done.stderr)


def test_a_full_disk() -> None:
    with pytest.raises(OSError, match="No space left") as raised, Path("/dev/full").open("w") as file:
        file.write("x")
        file.flush()
    assert raised.value.errno == errno.ENOSPC
    assert "disk is full" in str(explain_os(raised.value))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: Failed to write\n  cause: No space left on device (os error 28)", "disk is full"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12", "another apt"),
        ("error: Failed to download `six==1.17.0`\n  cause: Hash mismatch for `six==1.17.0`", "by its hash"),
        ("W: Temporary failure resolving 'packages.invalid'", "Check the network"),
        ("SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "PIP_CERT"),
        ("something never seen\nE: that ended so", "that ended so"),
    ],
)  # fmt: skip
def test_what_programs_said_becomes_a_sentence(said: str, expected: str, tmp_path: Path) -> None:
    sentence = str(explain("installing it", said, tmp_path / "x.log"))
    assert expected in sentence
    assert "\n" not in sentence


def test_a_checkout_of_another_user(new_copy: Callable[[], Copy]) -> None:
    if os.geteuid() == 0:
        pytest.skip("root can write everywhere")
    copy = new_copy()
    (copy.folder / ".cache").mkdir(mode=0o500)
    done = copy.set_up()
    assert done.returncode == 2
    assert "cannot be written" in _sentence(done.stderr)
