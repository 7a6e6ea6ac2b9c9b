"""Where the login of an Airflow comes from: the environment, or a file that only its owner can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import CannotProceedError

TOKEN = "REPLANT_AIRFLOW_TOKEN"  # noqa: S105 - the name of a variable
USER = "REPLANT_AIRFLOW_USER"
PASSWORD = "REPLANT_AIRFLOW_PASSWORD"  # noqa: S105 - the name of a variable
FILE = "REPLANT_AIRFLOW_CREDENTIALS"

_WAYS = (
    f"Set {TOKEN}, or {USER} and {PASSWORD}, or let {FILE} name a file of mode 0600 "
    'with {"token": "..."} or {"username": "...", "password": "..."}.'
)


@dataclass(frozen=True)
class Credentials:
    """A token, or a user and password that get one; neither: an Airflow that lets everybody in."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


def from_environment(environment: Mapping[str, str] | None = None) -> Credentials:
    """Give the login that the environment holds or points to.

    Raises CannotProceedError if there is none, or if its file can be read by others.
    """
    values = os.environ if environment is None else environment
    if values.get(TOKEN):
        return Credentials(token=values[TOKEN])
    if values.get(USER) and values.get(PASSWORD):
        return Credentials(username=values[USER], password=values[PASSWORD])
    if values.get(FILE):
        return from_file(Path(values[FILE]))
    raise CannotProceedError(f"The Airflow's login is not known. {_WAYS}")


def from_file(path: Path) -> Credentials:
    """Read the login from a JSON file.

    Raises CannotProceedError if it cannot be read, is open to others, or holds no login.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise CannotProceedError(
                f"{path} holds a login and can be read by others: `chmod 600 {path}`, then call again."
            )
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        # The reason only: a JSON error's text can quote what it read.
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise CannotProceedError(f"Cannot read the Airflow login in {path}: {reason}. {_WAYS}") from None
    if isinstance(values, dict):
        if values.get("token"):
            return Credentials(token=str(values["token"]))
        if values.get("username") and values.get("password"):
            return Credentials(username=str(values["username"]), password=str(values["password"]))
    raise CannotProceedError(f"{path} holds no Airflow login. {_WAYS}")
