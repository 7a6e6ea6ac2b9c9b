"""PostgreSQL with PostGIS: found on the machine, installed by apt as root, or unpacked into the cache."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bootstrap.apt import Apt, private_apt
from bootstrap.errors import SetupError
from bootstrap.places import POSTGRES_FACTS, POSTGRES_PACKAGES
from bootstrap.runner import Runner

WAYS = ("installed", "apt", "unpacked")
PACKAGE = r"postgresql-(\d+)-postgis-3"
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/replant.conf")
UNNEEDED = re.compile(
    r"perl|libperl|libgdbm|lib.*-perl$|adduser$|debconf$|openssl$|ssl-cert$|ucf$|sensible-utils$|netbase$"
    r"|postgresql-common|postgresql-client-common$|passwd$|libc6$|libc-bin$|locales$|lsb-|init-system-helpers$"
)
"""Packages that only the installation on a machine needs."""


@dataclass(frozen=True)
class Postgres:
    """Where PostgreSQL's programs are; `engines/postgres.py` reads this from `.cache/postgres.json`."""

    bindir: str
    version: str
    library_path: str
    """LD_LIBRARY_PATH, where the packages were only unpacked."""
    share: str
    """The folder with PROJ's and GDAL's data, where the packages were only unpacked."""
    origin: str

    def exists(self) -> bool:
        """Say whether the programs are still there."""
        return all((Path(self.bindir) / name).exists() for name in ("postgres", "initdb"))


@dataclass(frozen=True)
class Plan:
    """How PostgreSQL will be had: decided before the long work, so that what cannot be had fails early."""

    way: str
    found: Postgres | None
    package: str = ""
    apt: Apt | None = None


def forced_way() -> str | None:
    """Give the way that the environment variable REPLANT_POSTGRES asks for.

    Raises SetupError for a way that does not exist.
    """
    way = os.environ.get("REPLANT_POSTGRES") or None
    if way is not None and way not in WAYS:
        raise SetupError(f"REPLANT_POSTGRES is {way!r}: give one of {', '.join(WAYS)}, or leave it out.")
    return way


def known() -> Postgres | None:
    """Give what an earlier set-up found or made, if it is still there and of the way asked for."""
    try:
        postgres = Postgres(**json.loads(POSTGRES_FACTS.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return postgres if postgres.exists() and forced_way() in (None, postgres.origin) else None


def plan(runner: Runner, apt: Apt | None) -> Plan:
    """Decide how PostgreSQL will be had.

    Raises SetupError if it cannot be had in the way asked for, or in any way.
    """
    way = forced_way()
    found = find() if way in (None, "installed") else None
    if found is not None:
        return Plan("installed", found)
    if way == "installed":
        raise SetupError(f"No PostgreSQL with PostGIS is installed here. {_instead()}")
    if way == "apt" and apt is None:
        raise SetupError("Only root can install PostgreSQL by apt: leave REPLANT_POSTGRES out, or be root.")
    unpack = way == "unpacked" or apt is None
    source = private_apt(runner, as_if_bare=way == "unpacked") if apt is None or unpack else apt
    source.update()
    package = source.newest(PACKAGE)
    if package is None:
        if source.unreached:
            raise SetupError(
                f"PostgreSQL with PostGIS is not here, and apt's sources could not be reached. "
                f"Check the network, then call again. {_instead()}"
            )
        raise SetupError(f"apt's sources have no package postgresql-NN-postgis-3. {_instead()}")
    return Plan("unpacked" if unpack else "apt", None, package, source)


def obtain(planned: Plan, runner: Runner) -> Postgres:
    """Do what was planned, and note it for `engines/postgres.py`.

    Raises SetupError.
    """
    postgres = planned.found
    if postgres is None and planned.apt is not None:
        if planned.way == "apt":
            postgres = _install(planned.apt, planned.package)
        else:
            postgres = _unpack(planned.apt, planned.package, runner)
    if postgres is None:
        raise SetupError(f"No PostgreSQL with PostGIS was found. {_instead()}")
    POSTGRES_FACTS.parent.mkdir(exist_ok=True)
    making = POSTGRES_FACTS.with_suffix(".new")
    making.write_text(json.dumps(asdict(postgres), indent=1) + "\n")
    making.rename(POSTGRES_FACTS)
    return postgres


def find() -> Postgres | None:
    """Give the newest PostgreSQL with PostGIS on this machine."""
    for bindir, share in sorted(_installations(), key=lambda found: _version(found[0]), reverse=True):
        postgres = Postgres(str(bindir), str(_version(bindir)), "", "", "installed")
        if postgres.exists() and (share / "extension" / "postgis.control").exists():
            return postgres
    return None


def _installations() -> Iterator[tuple[Path, Path]]:
    """Give the folders of programs and of shared files of each installation."""
    for bindir in Path("/usr/lib/postgresql").glob("*/bin"):
        yield bindir, Path("/usr/share/postgresql") / bindir.parent.name
    if shutil.which("pg_config"):
        asked = ["pg_config", "--bindir", "--sharedir"]
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split("\n")
        if len(said) >= 2:
            yield Path(said[0]), Path(said[1])


def _version(bindir: Path) -> int:
    """Give the major version of the server in a folder, 0 if there is none that runs."""
    try:
        said = subprocess.run([bindir / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    number = re.search(r"\) (\d+)", said.stdout)
    return int(number[1]) if number else 0


def _install(apt: Apt, package: str) -> Postgres:
    """Install the package on the machine, without the server `main` that Debian starts by default."""
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        apt.install("installing PostgreSQL", [package])
    finally:
        NO_CLUSTER.unlink()
    found = find()
    if found is None:
        raise SetupError(f"apt installed {package}, but no PostgreSQL with PostGIS is there. {_instead()}")
    return Postgres(**asdict(found) | {"origin": "apt"})


def _unpack(apt: Apt, package: str, runner: Runner) -> Postgres:
    """Download the package and all it needs that the machine lacks; unpack them into the cache."""
    needed = apt.would_install(package)
    packages = [each for each in needed if not UNNEEDED.match(each.partition("=")[0])]
    root = POSTGRES_PACKAGES / package
    shutil.rmtree(root, ignore_errors=True)
    downloads = root / "packages"
    for file in apt.download("downloading PostgreSQL", packages, downloads):
        runner.run(f"unpacking {file.name}", ["dpkg", "-x", str(file), str(root)], log="postgres-unpack")
    shutil.rmtree(downloads)
    for unneeded in ("usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(root / unneeded, ignore_errors=True)
    number = re.fullmatch(PACKAGE, package)
    version = number[1] if number else ""
    extensions = root / "usr/share/postgresql" / version / "extension"
    # update-alternatives does this on an installed system.
    for control in extensions.glob("*-3.control"):
        name = extensions / control.name.replace("-3.control", ".control")
        if not name.exists():
            name.symlink_to(control.name)
    postgres = Postgres(
        bindir=str(root / "usr/lib/postgresql" / version / "bin"),
        version=version,
        library_path=":".join(map(str, _library_folders(root))),
        share=str(root / "usr/share"),
        origin="unpacked",
    )
    if not (postgres.exists() and (extensions / "postgis.control").exists()):
        raise SetupError(f"The packages of {package} did not hold PostgreSQL with PostGIS. {_instead()}")
    runner.run(
        "starting the unpacked PostgreSQL",
        [f"{postgres.bindir}/postgres", "--version"],
        log="postgres-check",
        variables={"LD_LIBRARY_PATH": postgres.library_path},
    )
    return postgres


def _library_folders(root: Path) -> list[Path]:
    """Give the folders with shared libraries; BLAS and LAPACK have theirs, linked to by alternatives."""
    triplet = sysconfig.get_config_var("MULTIARCH") or f"{platform.machine()}-linux-gnu"
    bases = [root / "usr/lib" / triplet, root / "lib" / triplet, root / "usr/lib"]
    folders = [base / name for base in bases for name in ("", "blas", "lapack")]
    return [folder for folder in folders if folder.is_dir()]


def _instead() -> str:
    """Say what a user can do where the set-up can do nothing."""
    return (
        "Install PostgreSQL with PostGIS (on Debian and Ubuntu: apt-get install postgresql-postgis), "
        "or give a server that has it: DATABASE_URL=postgresql://... make compare"
    )
