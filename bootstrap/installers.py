"""Gets pip, by pip the pinned uv, and by uv everything else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from bootstrap import stamps
from bootstrap.apt import Apt, private_apt
from bootstrap.errors import SetupError
from bootstrap.index import pip_settings, uv_variables
from bootstrap.places import APT, CACHE, REQUIREMENTS, UV, UV_FOLDER
from bootstrap.runner import Runner

DEBIAN_WHEELS = Path("/usr/share/python-wheels")
"""Where Debian's python3-pip-whl puts pip, which python3-venv brings along."""


def pip_variables() -> dict[str, str]:
    """Give what pip needs to write nothing outside the checkout, whatever the user's configuration says.

    Where packages come from is left to that configuration.
    """
    return {
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_USER": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def find_pip(runner: Runner, apt: Apt | None) -> list[str]:
    """Give the command that runs pip: the Python's own, or one brought by apt.

    As root apt installs python3-pip and python3-venv. Otherwise Debian's python3-pip-whl is unpacked into
    the cache, and pip runs out of the wheel in it.
    Raises SetupError.
    """
    own = [sys.executable, "-m", "pip"]
    if _works(own, runner):
        return own
    wheel = _bundled_wheel()
    if wheel is None and apt is not None:
        apt.update()
        apt.install("installing pip", ["python3-pip", "python3-venv"])
        if _works(own, runner):
            return own
        wheel = _bundled_wheel()
    if wheel is None:
        wheel = _unpacked_wheel(runner)
    return [sys.executable, str(wheel / "pip")]


def install_uv(runner: Runner, apt: Apt | None) -> dict[str, str]:
    """Install the pinned uv into the cache, if it is not there; give the variables to run it with.

    Raises SetupError.
    """
    pip = find_pip(runner, apt)
    requirements = REQUIREMENTS / "bootstrap.txt"
    wanted = stamps.key(sysconfig.get_platform(), files=[requirements])
    if not (stamps.is_done("uv", wanted) and UV.exists()):
        stamps.forget("uv")
        shutil.rmtree(UV_FOLDER, ignore_errors=True)
        runner.run(
            "installing uv",
            [*pip, "install", "--quiet", "--retries", "2", "--require-hashes", "--no-deps",
             "--only-binary", ":all:", "--target", str(UV_FOLDER), "--requirement", str(requirements)],
            log="uv",
            variables=pip_variables(),
        )  # fmt: skip
        stamps.mark("uv", wanted)
    # Not by the runner, which keeps a log: the configuration may hold passwords of package indexes.
    environment = runner.environment | pip_variables()
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, env=environment)
    return uv_variables(pip_settings(listed.stdout), runner.environment) | {
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }


def _works(pip: list[str], runner: Runner) -> bool:
    """Say whether this pip runs."""
    environment = runner.environment | pip_variables()
    return subprocess.run([*pip, "--version"], capture_output=True, env=environment).returncode == 0


def _bundled_wheel() -> Path | None:
    """Give the pip wheel that comes with ensurepip or with Debian's python3-pip-whl."""
    bundled = Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled"
    for folder in (bundled, DEBIAN_WHEELS):
        wheels = sorted(folder.glob("pip-*.whl"))
        if wheels:
            return wheels[-1]
    return None


def _unpacked_wheel(runner: Runner) -> Path:
    """Give the pip wheel out of Debian's package, downloaded and unpacked into the cache."""
    folder = APT / "pip"
    if not any(folder.glob("usr/share/python-wheels/pip-*.whl")):
        apt = private_apt(runner)
        apt.update()
        packages = apt.download("getting pip", ["python3-pip-whl"], folder)
        runner.run("unpacking pip", ["dpkg", "-x", str(packages[-1]), str(folder)], log="pip-unpack")
    wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise SetupError("Debian's package python3-pip-whl holds no pip. Install pip, then call again.")
    return wheels[-1]
