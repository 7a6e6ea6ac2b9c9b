"""Gets pip, by pip the pinned uv, and by uv everything else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from bootstrap import stamps
from bootstrap.apt import Apt, private_apt
from bootstrap.errors import SetupError
from bootstrap.index import pip_settings, uv_variables
from bootstrap.places import APT, CACHE, REQUIREMENTS, UV, UV_FOLDER
from bootstrap.runner import Runner

SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
"""The only ones that Debian's pip looks for; without them its newer versions do not even start."""
PIP_OF_WHEEL = Path(__file__).with_name("pip_of_wheel.py")
DEBIAN_WHEELS = Path("/usr/share/python-wheels")
"""Where Debian's python3-pip-whl puts pip, which python3-venv brings along."""


@dataclass(frozen=True)
class Pip:
    """A pip that runs here."""

    argv: tuple[str, ...]
    certificates: Path | None = None
    """The bundle that the set-up had to bring, where the machine has none."""

    def variables(self) -> dict[str, str]:
        """Give the environment variables to run it with."""
        own = {"PIP_CERT": str(self.certificates)} if self.certificates else {}
        return pip_variables() | own


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


def find_pip(runner: Runner, apt: Apt | None) -> Pip:
    """Give the Python's own pip, or one brought by apt.

    As root apt installs python3-pip and python3-venv. Otherwise Debian's python3-pip-whl is unpacked into
    the cache, and pip runs out of the wheel in it.
    Raises SetupError.
    """
    own = Pip((sys.executable, "-m", "pip"))
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
    named = [Path(runner.environment.get(name, "")) for name in ("PIP_CERT", "SSL_CERT_FILE")]
    present = [bundle for bundle in (*named, SYSTEM_CERTIFICATES) if bundle.is_file()]
    bundle = present[0] if present else _unpacked_certificates(runner)
    argv = (sys.executable, str(PIP_OF_WHEEL), str(wheel), str(bundle))
    return Pip(argv, None if present else bundle)


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
            [*pip.argv, "install", "--quiet", "--retries", "2", "--require-hashes", "--no-deps",
             "--only-binary", ":all:", "--target", str(UV_FOLDER), "--requirement", str(requirements)],
            log="uv",
            variables=pip.variables(),
        )  # fmt: skip
        stamps.mark("uv", wanted)
    # Not by the runner, which keeps a log: the configuration may hold passwords of package indexes.
    environment = runner.environment | pip.variables()
    listed = subprocess.run([*pip.argv, "config", "list"], capture_output=True, text=True, env=environment)
    return uv_variables(pip_settings(listed.stdout), runner.environment) | {
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }


def _works(pip: Pip, runner: Runner) -> bool:
    """Say whether this pip runs."""
    environment = runner.environment | pip.variables()
    return subprocess.run([*pip.argv, "--version"], capture_output=True, env=environment).returncode == 0


def _bundled_wheel() -> Path | None:
    """Give the pip wheel that comes with ensurepip or with Debian's python3-pip-whl."""
    bundled = Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled"
    for folder in (bundled, DEBIAN_WHEELS):
        wheels = sorted(folder.glob("pip-*.whl"))
        if wheels:
            return wheels[-1]
    return None


def _unpacked_wheel(runner: Runner) -> Path:
    """Give the pip wheel out of Debian's package, unpacked into the cache."""
    wheels = sorted(_unpacked("python3-pip-whl", runner).glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise SetupError("Debian's package python3-pip-whl holds no pip. Install pip, then call again.")
    return wheels[-1]


def _unpacked_certificates(runner: Runner) -> Path:
    """Give a bundle of the certificates in Debian's package, as its installation would make it."""
    folder = _unpacked("ca-certificates", runner)
    certificates = sorted(folder.glob("usr/share/ca-certificates/mozilla/*.crt"))
    bundle = folder / "ca-certificates.crt"
    bundle.write_text("".join(certificate.read_text() for certificate in certificates))
    return bundle


def _unpacked(package: str, runner: Runner) -> Path:
    """Give the folder in the cache with the content of a Debian package, downloaded if need be."""
    folder = APT / package
    if not folder.exists():
        apt = private_apt(runner)
        apt.update()
        downloads = folder.with_suffix(".packages")
        file = apt.download(f"getting {package}", [package], downloads)[-1]
        making = folder.with_suffix(".making")
        runner.run(f"unpacking {package}", ["dpkg", "-x", str(file), str(making)], log="unpack")
        making.rename(folder)
        shutil.rmtree(downloads)
    return folder
