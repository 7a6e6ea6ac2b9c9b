"""Airflow's settings, as environment variables: what replant needs, and what `tuned` adds.

docs/airflow.md lists both sets for users; `test_settings.py` holds the two together.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engines.places import CHECKOUT
from engines.ports import LOOPBACK
from engines.service import environment

USER = "admin"

NEEDED: Mapping[str, str] = {
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    # The default, 32, forks 32 workers at the start: 1.2 GB instead of 0.8.
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    # The schedule stays what it is in the DAG, but nothing runs unless replant asks for it.
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
    # A task whose worker was killed is found out after 60 s instead of 300.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    # The default looks at the folder every 300 s.
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
    # The default asks the DNS for this machine's name, which takes seconds where there is none.
    "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
    "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
}
"""In both sets."""

TUNED: Mapping[str, str] = {
    # The pause of the scheduler between two looks, 1 s by default: the gap between two tasks.
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.05",
}
"""What `tuned=True` adds, besides the modules that are imported early."""
PRELOADING = Path(__file__).with_name("tuned")
"""The folder with `airflow_local_settings.py`."""


@dataclass(frozen=True)
class Place:
    """Where one Airflow lives. Both URLs' and keys' secrets stay in the environment of its processes."""

    home: Path
    """AIRFLOW_HOME, a private folder."""
    dags_folder: Path
    task_logs: Path
    metadata_url: str = field(repr=False)
    port: int | None = None
    """Of the api-server; None: there is none, and links to the UI lead nowhere."""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)
    """Signs the tokens of this Airflow's parts."""
    fernet_key: str = field(
        default_factory=lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(), repr=False
    )
    """Encrypts connections and Variables. Unset, each part that starts at the same time makes its own, and
    the dag-processor cannot read what the api-server has written."""

    @property
    def url(self) -> str:
        """The address of the UI, empty without an api-server."""
        return f"http://{LOOPBACK}:{self.port}" if self.port else ""

    @property
    def login_file(self) -> Path:
        """JSON with the password by user name, mode 0600."""
        return self.home / "login.json"


def airflow_environment(
    place: Place, *, tuned: bool, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give the whole environment of an Airflow process."""
    values = dict(NEEDED)
    if tuned:
        values |= TUNED
    values |= {
        "AIRFLOW_HOME": str(place.home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(place.dags_folder),
        "AIRFLOW__CORE__FERNET_KEY": place.fernet_key,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(place.home / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(place.login_file),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": place.metadata_url,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(place.task_logs),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(place.home / "dag_processor"),
        "AIRFLOW__API__BASE_URL": place.url,
        "AIRFLOW__API__SECRET_KEY": place.key,
        "AIRFLOW__API_AUTH__JWT_SECRET": place.key,
    }
    if place.port:
        values |= {
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(place.port),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{place.url}/execution/",
        }
        if tuned:
            # Only where tasks are forked: in process it would hide imports that a user waits for.
            values["PYTHONPATH"] = os.pathsep.join((str(CHECKOUT), str(PRELOADING)))
    return environment(place.home, values | dict(extra or {}))


def write_login(place: Place) -> str:
    """Make a password for the UI and write the login file; give the password."""
    password = secrets.token_urlsafe(18)
    place.login_file.touch(mode=0o600)
    place.login_file.write_text(json.dumps({USER: password}))
    return password
