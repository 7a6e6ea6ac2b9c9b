"""apt: as root on the machine's packages, or as an ordinary user with a state of its own in the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import NO_NETWORK, SetupError
from bootstrap.places import APT, INSTALLED_BY_APT, LOGS
from bootstrap.runner import Runner

STATUS = Path("/var/lib/dpkg/status")
PATIENCE = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30")
INSTALLS = re.compile(r"^Inst (\S+) .*?\((\S+) ", re.MULTILINE)
NEEDS = re.compile(r"[\w.+-]+")


@dataclass
class Apt:
    """apt-get and apt-cache with one set of options; `update` at most once."""

    runner: Runner
    options: tuple[str, ...]
    log: str
    updated: bool = False
    unreached: bool = False
    """Whether some source could not be reached: it matters only if what is needed is then missing."""

    def update(self) -> None:
        """Read the lists of packages anew."""
        if not self.updated:
            self.runner.run(
                "reading apt's package lists",
                ["apt-get", *PATIENCE, *self.options, "update"],
                log=f"{self.log}-update",
            )
            self.updated = True
            said = (LOGS / f"{self.log}-update.log").read_text(errors="replace")
            self.unreached = NO_NETWORK.search(said) is not None

    def newest(self, pattern: str) -> str | None:
        """Give the package with the highest number where `pattern` has `(\\d+)`, if apt can get one."""
        names = self._cache("pkgnames").split()
        numbered = [(int(match[1]), name) for name in names if (match := re.fullmatch(pattern, name))]
        for _, name in sorted(numbered, reverse=True):
            if self.has(name):
                return name
        return None

    def has(self, name: str) -> bool:
        """Say whether apt can get a package."""
        candidate = re.search(r"Candidate: (\S+)", self._cache("policy", name))
        # Ubuntu's chromium-browser is an empty package that asks for a snap.
        return candidate is not None and candidate[1] != "(none)" and "snap" not in candidate[1]

    def install(self, what: str, names: Sequence[str]) -> None:
        """Install packages on the machine, and note those that were not there; needs root."""
        new = [name for name in names if not _is_installed(name)]
        self.runner.run(
            what,
            ["apt-get", *PATIENCE, "-o", "DPkg::Lock::Timeout=120", *self.options,
             "install", "-y", "-q", "--no-install-recommends", *names],
            log=f"{self.log}-install",
            variables={"DEBIAN_FRONTEND": "noninteractive"},
            must_finish=True,
        )  # fmt: skip
        with INSTALLED_BY_APT.open("a") as file:
            file.writelines(f"{name}\n" for name in new)

    def would_install(self, name: str) -> list[str]:
        """Give the packages, as name=version, that installing `name` would bring."""
        simulated = self.runner.run(
            f"looking up what {name} needs",
            ["apt-get", *self.options, "install", "-s", "-q", "--no-install-recommends", name],
            log=f"{self.log}-simulate",
        )
        return [f"{match[1]}={match[2]}" for match in INSTALLS.finditer(simulated)]

    def download(self, what: str, packages: Iterable[str], folder: Path) -> list[Path]:
        """Download packages into a folder; give the files."""
        folder.mkdir(parents=True, exist_ok=True)
        self.runner.run(
            what,
            ["apt-get", *PATIENCE, *self.options, "download", "-q", *packages],
            log=f"{self.log}-download",
            cwd=folder,
        )
        return sorted(folder.glob("*.deb"))

    def _cache(self, *arguments: str) -> str:
        argv = ["apt-cache", *self.options, *arguments]
        return self.runner.run("looking up packages", argv, log=f"{self.log}-cache")


def _is_installed(name: str) -> bool:
    argv = ["dpkg-query", "-W", "-f", "${db:Status-Status}", name]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout == "installed"


def system_apt(runner: Runner) -> Apt | None:
    """Give the machine's apt, if there is one and this is root."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    return Apt(runner, (), "apt")


def private_apt(runner: Runner, *, as_if_bare: bool = False) -> Apt:
    """Give an apt that uses the machine's sources, with state and lists in the cache: needs no root.

    With `as_if_bare` it believes that only the packages of a minimal Debian are installed.
    Raises SetupError where there is no apt.
    """
    if shutil.which("apt-get") is None:
        raise SetupError(
            "This machine has no apt-get to get packages with. Install pip and PostgreSQL with PostGIS "
            "by its own means, or give a database with DATABASE_URL=..., then call again."
        )
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    status = STATUS
    if as_if_bare:
        status = APT / "bare-status"
        status.write_text(bare_status(STATUS.read_text()))
    settings = {
        "Dir::State": APT / "state",
        "Dir::State::status": status,
        "Dir::Cache": APT / "cache",
        "APT::Sandbox::User": "root",  # no change of user for downloads: the folder is the caller's
    }
    options = tuple(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))
    return Apt(runner, options, "private-apt")


def bare_status(status: str) -> str:
    """Give dpkg's status file as it would be with nothing but the required packages and their needs."""
    stanzas: dict[str, str] = {}
    provided: dict[str, list[str]] = {}
    for stanza in status.split("\n\n"):
        fields = dict(re.findall(r"^(\S+): (.*)$", stanza, re.MULTILINE))
        if "Package" in fields:
            stanzas[fields["Package"]] = stanza
            for name in NEEDS.findall(re.sub(r"\(.*?\)", "", fields.get("Provides", ""))):
                provided.setdefault(name, []).append(fields["Package"])
    wanted = [name for name, stanza in stanzas.items() if re.search(r"^Priority: required", stanza, re.M)]
    kept: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in kept:
            continue
        if name not in stanzas:
            wanted += [other for other in provided.get(name, []) if other not in kept]
            continue
        kept.add(name)
        needs = " ".join(re.findall(r"^(?:Pre-)?Depends: (.*)$", stanzas[name], re.MULTILINE))
        wanted += [other for other in NEEDS.findall(re.sub(r"\(.*?\)|:\w+", "", needs)) if other not in kept]
    return "\n\n".join(stanzas[name] for name in stanzas if name in kept) + "\n"
