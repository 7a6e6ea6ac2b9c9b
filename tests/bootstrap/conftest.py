"""Copies of the checkout, which the tests set up for real."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".venv-airflow", ".cache", "reports", "__pycache__", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".hypothesis",
)  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """A copy of the checkout in a folder of its own, with a home for whoever sets it up."""

    folder: Path
    home: Path

    def call(self, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy, as a user with that home would."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        # pip asks rustc for its version, and rustup makes itself a home where it finds none.
        environment |= {"RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))}
        environment |= {"HOME": str(self.home), **_pip_configuration(), **variables}
        return subprocess.run(
            argv, cwd=self.folder, env=environment, text=True, capture_output=True, timeout=580, check=False
        )

    def set_up(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the set-up in the copy."""
        return self.call("bootstrap/python.sh", "setup", *options, **variables)

    def everything_written(self) -> str:
        """Give the text of all files that the set-up wrote for itself."""
        files = [path for path in (self.folder / ".cache").rglob("*") if path.is_file()]
        return "\n".join(path.read_text(errors="replace") for path in files if "uv" not in path.parts)


def _pip_configuration() -> dict[str, str]:
    """Point to the real user's pip configuration: some machines reach their package index only by it."""
    for place in (".config/pip/pip.conf", ".pip/pip.conf"):
        if (Path.home() / place).exists():
            return {"PIP_CONFIG_FILE": str(Path.home() / place)}
    return {}


@pytest.fixture(scope="session")
def new_copy(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Copy]:
    """Makes copies in which nothing is set up."""

    def make() -> Copy:
        folder = tmp_path_factory.mktemp("copy")
        home = tmp_path_factory.mktemp("home")
        shutil.copytree(CHECKOUT, folder, ignore=NOT_COPIED, dirs_exist_ok=True)
        return Copy(folder, home)

    return make


def lend_downloads(copy: Copy, *names: str) -> None:
    """Let a copy use what this checkout downloaded, so that a test does not do it again.

    `apt` has a pip, where Python has none.
    """
    (copy.folder / ".cache").mkdir(exist_ok=True)
    for name in names:
        lent = CHECKOUT / ".cache" / name
        if lent.exists():
            (copy.folder / ".cache" / name).symlink_to(lent)
