"""A PostgreSQL of our own: found, started on loopback, stopped, and nothing of it left."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from engines.places import CACHE, POSTGRES_FACTS
from engines.ports import LOOPBACK, free_ports
from engines.service import Service, environment
from engines.workspace import sweep
from pipelines.errors import CannotProceedError

SUPERUSER = "replant"
PASSWORD_FILE = "replant.password"  # noqa: S105 - a name; in the data folder, for the server's account


@dataclass(frozen=True)
class Binaries:
    """Where PostgreSQL's programs are."""

    bindir: Path
    version: str
    """Major version, such as "15"."""
    library_path: str = ""
    """LD_LIBRARY_PATH, where the packages were only unpacked."""
    origin: str = "installed"
    """How they came: installed, apt or unpacked."""
    share: str = ""
    """The folder with PROJ's and GDAL's data, where the packages were only unpacked."""

    def env(self) -> dict[str, str]:
        """Give what a process needs to run these programs."""
        extra = {"LD_LIBRARY_PATH": self.library_path} if self.library_path else {}
        if self.share:
            extra |= {"PROJ_DATA": f"{self.share}/proj", "GDAL_DATA": f"{self.share}/gdal"}
        return environment(Path("/nonexistent"), extra)


def find_binaries() -> Binaries:
    """Give the PostgreSQL with PostGIS that the set-up found.

    Raises CannotProceedError if there is none.
    """
    try:
        facts = json.loads(POSTGRES_FACTS.read_text())
        found = Binaries(
            Path(facts["bindir"]), facts["version"], facts["library_path"], facts["origin"], facts["share"]
        )
        if (found.bindir / "postgres").exists():
            return found
    except (OSError, KeyError, ValueError):
        pass  # not set up, or by an older version: look ourselves
    for control in sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"), reverse=True):
        version = control.parent.parent.name
        bindir = Path("/usr/lib/postgresql") / version / "bin"
        if (bindir / "postgres").exists():
            return Binaries(bindir, version)
    raise CannotProceedError(
        "No PostgreSQL with PostGIS was found. Run `make setup`, which installs or unpacks one, "
        "or give a server of your own with --database-url."
    )


def _account() -> str | None:
    """Name the account that the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise CannotProceedError(
        "PostgreSQL cannot run as root, and there is no user `postgres` or `nobody` to run it as."
    )


def _clusters_folder(account: str | None) -> Path:
    """Give a folder for data that `account` can reach: in the cache if it can, else in /var/tmp."""
    if account is None or _can_reach(CACHE, pwd.getpwnam(account)):
        folder = CACHE / "postgres"
    else:
        folder = Path(f"/var/tmp/replant-{os.getuid()}")  # noqa: S108 - only where the checkout is closed to it
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    if folder.stat().st_uid != os.geteuid():
        raise CannotProceedError(f"{folder} belongs to another user. Remove it, then call again.")
    return folder


def _can_reach(folder: Path, account: pwd.struct_passwd) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    for part in (folder, *folder.parents):
        status = part.stat()
        owned = status.st_uid == account.pw_uid
        if not status.st_mode & (0o100 if owned else 0o001):
            return False
    return True


@dataclass
class Cluster:
    """A running PostgreSQL server on a free loopback port; a context manager.

    With `durable=False` it does not wait for the disk, for metadata and tests that a power cut may take.
    """

    log_dir: Path
    name: str = "postgres"
    durable: bool = True
    port: int = 0
    options: dict[str, str] = field(default_factory=dict)
    _service: Service | None = field(default=None, repr=False)
    _data: Path | None = field(default=None, repr=False)
    _password: str = field(default="", repr=False)

    def __enter__(self) -> Self:
        binaries = find_binaries()
        account = _account()
        folder = _clusters_folder(account)
        sweep(folder)
        template = _template(binaries, account, folder)
        self._password = (template / PASSWORD_FILE).read_text()
        self._data = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=folder))
        subprocess.run(["cp", "-a", f"{template}/.", str(self._data)], check=True)
        try:
            self._start(binaries, account)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._service is not None:
            self._service.stop()
            self._service = None
        if self._data is not None:
            shutil.rmtree(self._data, ignore_errors=True)
            self._data = None

    @property
    def pid(self) -> int:
        """The root of the server's process tree."""
        if self._service is None:
            raise RuntimeError("the cluster is not running")
        return self._service.pid

    @property
    def data(self) -> Path:
        """The data folder."""
        if self._data is None:
            raise RuntimeError("the cluster is not running")
        return self._data

    def url(self, database: str = "postgres", driver: str = "postgresql+psycopg2") -> str:
        """Give the SQLAlchemy URL of a database, password included."""
        return f"{driver}://{SUPERUSER}:{self._password}@{LOOPBACK}:{self.port}/{database}"

    def stop_abruptly(self) -> None:
        """Kill the server's processes, as a crash would; for fault tests."""
        if self._service is None or self._data is None:
            raise RuntimeError("the cluster is not running")
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, 9)
        self._service.wait(30)

    def start_again(self) -> None:
        """Start the server on the same data and port, after `stop_abruptly`."""
        if self._service is not None:
            self._service.stop()
        self._start(find_binaries(), _account())

    def _start(self, binaries: Binaries, account: str | None) -> None:
        chosen = self.port
        self.port = chosen or free_ports(1)[0]
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        } | self.options
        argv = [str(binaries.bindir / "postgres"), "-D", str(self.data)]
        for key, value in settings.items():
            argv += ["-c", f"{key}={value}"]
        self._service = Service(
            "PostgreSQL",
            argv,
            log=self.log_dir / f"{self.name}.log",
            env=binaries.env(),
            stop_signal="INT",  # "fast": ends sessions, then shuts down cleanly
            user=account,
        )
        self._service.start()
        self._service.wait_until(self._accepts, 60)

    def _accepts(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(self.url(driver="postgresql"), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True


def _template(binaries: Binaries, account: str | None, folder: Path) -> Path:
    """Give an initialised data folder, made once: a copy of it starts in a tenth of initdb's time."""
    template = folder / f"template-{binaries.version}-{binaries.origin}-{account or os.getuid()}"
    if template.exists():
        return template
    owner = pwd.getpwnam(account) if account else None
    making = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=folder))
    password_file = making.with_suffix(".password")
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))
    if owner:
        for path in (making, password_file):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    try:
        _initdb(binaries, owner, making, password_file)
        password_file.rename(making / PASSWORD_FILE)
        try:
            making.rename(template)
        except OSError:
            if not template.exists():
                raise
            # Another session made one in the meantime: that one serves.
    finally:
        shutil.rmtree(making, ignore_errors=True)
        password_file.unlink(missing_ok=True)
    return template


def _initdb(binaries: Binaries, owner: pwd.struct_passwd | None, data: Path, password_file: Path) -> None:
    done = subprocess.run(
        [str(binaries.bindir / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "scram-sha-256",
         f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
        text=True,
        capture_output=True,
        env=binaries.env(),
        cwd="/",
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise CannotProceedError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
