"""The environments: .venv with the toolkit and Prefect, .venv-airflow with Airflow; one for `make bench`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap import stamps
from bootstrap.places import CACHE, CHECKOUT, REQUIREMENTS, UV
from bootstrap.runner import Runner

PINS = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
TESTS = "tests"
"""The stamp of a checkout whose toolkit also has what the tests need: it then stays that way."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with exactly the packages of some requirement files."""

    name: str
    folder: Path
    requirements: tuple[Path, ...]
    with_checkout: bool = True
    """Whether replant itself is installed in it too, as the checkout's files."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def replant(self) -> Path:
        """The command `replant` in it."""
        return self.folder / "bin" / "replant"

    def keys(self) -> dict[str, str]:
        """Give the stamps of its three layers, each depending on the one before."""
        base = stamps.python_key()
        packages = stamps.key(base, files=self.requirements)
        return {
            f"{self.name}-python": base,
            f"{self.name}-packages": packages,
            f"{self.name}-checkout": stamps.key(packages, files=[CHECKOUT / "pyproject.toml"]),
        }

    def is_ready(self) -> bool:
        """Say whether nothing has to be done."""
        present = self.python.exists() and (self.replant.exists() or not self.with_checkout)
        return present and all(stamps.is_done(name, wanted) for name, wanted in self.keys().items())

    def pins(self) -> set[str]:
        """Name the packages that the requirement files pin."""
        return {name for file in self.requirements for name in PINS.findall(file.read_text())}


def environments() -> tuple[Environment, Environment]:
    """Give the toolkit's and Airflow's environment."""
    toolkit = [REQUIREMENTS / "prefect.txt"]
    if stamps.exists(TESTS):
        toolkit.append(REQUIREMENTS / "dev.txt")
    return (
        Environment("toolkit", CHECKOUT / ".venv", tuple(toolkit)),
        Environment("airflow", CHECKOUT / ".venv-airflow", (REQUIREMENTS / "airflow.txt",)),
    )


def peers() -> Environment:
    """Give the environment of what `make bench` measures replant against."""
    return Environment("bench", CACHE / "bench-diff", (REQUIREMENTS / "bench.txt",), with_checkout=False)


def build(environment: Environment, runner: Runner, variables: Mapping[str, str]) -> None:
    """Bring an environment up to its requirement files, doing only what its stamps do not vouch for.

    Raises SetupError.
    """
    keys = environment.keys()
    base, packages, checkout = keys
    if not (stamps.is_done(base, keys[base]) and environment.python.exists()):
        adopted = not stamps.exists(base) and _is_of_this_python(environment)
        for name in keys:
            stamps.forget(name)
        if not adopted:
            uv = [str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(environment.folder)]
            runner.run(f"making {environment.folder.name}", uv, log=environment.name, variables=variables)
        stamps.mark(base, keys[base])
    if not stamps.is_done(packages, keys[packages]):
        stamps.forget(packages)
        stamps.forget(checkout)  # syncing takes the checkout out, as no requirement file names it
        runner.run(
            f"installing {environment.folder.name}",
            [str(UV), "pip", "sync", "--require-hashes", "--no-build", "--python", str(environment.python),
             *map(str, environment.requirements)],
            log=environment.name,
            variables=variables,
        )  # fmt: skip
        stamps.mark(packages, keys[packages])
    if not environment.is_ready():
        if environment.with_checkout:
            runner.run(
                f"installing the checkout in {environment.folder.name}",
                [str(UV), "pip", "install", "--no-deps", "--no-build-isolation", "--python",
                 str(environment.python), "--editable", str(CHECKOUT)],
                log=f"{environment.name}-checkout",
                variables=variables,
            )  # fmt: skip
        stamps.mark(checkout, keys[checkout])


def _is_of_this_python(environment: Environment) -> bool:
    """Say whether an environment without a stamp can be kept: made here, from this Python."""
    if not environment.python.exists():
        return False
    program = "import platform, sys; print(platform.python_version(), sys.base_prefix)"
    argv = [str(environment.python), "-c", program]
    found = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()
    activate = environment.folder / "bin" / "activate"
    here = activate.exists() and str(environment.folder) in activate.read_text()
    return here and found == [sys.version.split()[0], sys.base_prefix]
