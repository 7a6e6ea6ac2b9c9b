"""What Prefect's processes are told, by their environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url

from engines.places import TOOLKIT_PYTHON
from engines.ports import LOOPBACK
from engines.service import environment

# docs/prefect.md says what each of these is by default, and what it brings.
TUNED = {
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
}
TUNED_SERVER = {"PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1"}
# With a command of its own a run is one process; otherwise one that prepares a workspace and then, importing
# Prefect a second time, one that runs the flow.
TUNED_JOB = {"command": f"{TOOLKIT_PYTHON} -m prefect.engine"}


@dataclass(frozen=True)
class Place:
    """One Prefect, and where its processes keep what they write."""

    folder: Path
    """Private to the session."""
    api_url: str
    ui_url: str | None
    deployment: str
    """Name of the deployments and, after `replant-`, of the work pool."""
    access: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment that gives access to a user's own API. Secret."""
    database_url: str | None = field(default=None, repr=False)
    """The server's own database, if we start it. Secret."""
    tuned: bool = False

    @property
    def home(self) -> Path:
        """PREFECT_HOME of our processes: nothing is written to the user's."""
        return self.folder / "home"

    @property
    def results(self) -> Path:
        """Where the results of tasks are kept."""
        return self.folder / "results"

    @property
    def temporary(self) -> Path:
        """TMPDIR of our processes."""
        return self.folder / "tmp"

    @property
    def work_pool(self) -> str:
        """Name of the work pool, as `deployment.py` makes it."""
        return f"replant-{self.deployment}"

    @property
    def ours(self) -> bool:
        """Whether the server is one that we start."""
        return self.database_url is not None

    @property
    def job_variables(self) -> dict[str, str]:
        """What a run tells the worker beyond what the deployment does."""
        return dict(TUNED_JOB) if self.tuned else {}


def client_environment(place: Place) -> dict[str, str]:
    """Give the environment of worker, runs and `deployment.py`."""
    settings = {
        "PREFECT_HOME": str(place.home),
        "PREFECT_API_URL": place.api_url,
        "PREFECT_LOCAL_STORAGE_PATH": str(place.results),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "pipelines",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
        # A worker makes folders there for each run, and leaves them if it is killed.
        "TMPDIR": str(place.temporary),
        # Requests to our own server never take a way through a proxy.
        "NO_PROXY": ",".join((LOOPBACK, "localhost")),
        "no_proxy": ",".join((LOOPBACK, "localhost")),
    }
    return environment(place.home, settings | dict(place.access) | (TUNED if place.tuned else {}))


def server_environment(place: Place) -> dict[str, str]:
    """Give the environment of a server that we start; its database's URL is in it.

    The UI takes its API's address from a setting of its own: without it, it calls port 4200.
    """
    if place.database_url is None:
        raise RuntimeError("this server is not ours")
    url = make_url(place.database_url).set(drivername="postgresql+asyncpg")
    settings = {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url.render_as_string(hide_password=False),
        "PREFECT_SERVER_UI_API_URL": place.api_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }
    return client_environment(place) | settings | (TUNED_SERVER if place.tuned else {})
