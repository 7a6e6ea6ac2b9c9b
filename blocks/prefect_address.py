"""Where the Prefect API is and how it is entered, found without importing Prefect (2 to 5 seconds)."""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

_NAMES = (
    "PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY",
    "PREFECT_API_SSL_CERT_FILE",
)  # fmt: skip


@dataclass(frozen=True)
class PrefectAddress:
    """A Prefect API: a server's or Prefect Cloud's."""

    url: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Prefect's own settings by name, for when Prefect itself is to use this address."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify: bool | str = True

    @property
    def shown(self) -> str:
        """The URL, fit to be printed."""
        return mask(self.url)


def find_address(
    environment: Mapping[str, str] | None = None, profile: str | None = None, url: str | None = None
) -> PrefectAddress:
    """Find the API as Prefect does: the environment's PREFECT_* first, then the active profile.

    `url` or `profile`, from the file of an environment such as prod, go before both.
    Raises CannotProceedError if none is configured.
    """
    values = dict(os.environ if environment is None else environment)
    stored = _profile(values, profile)
    if profile is None:
        stored |= {name: values[name] for name in _NAMES if values.get(name)}
    else:
        stored = {name: values[name] for name in _NAMES[1:] if values.get(name)} | stored
    address = (url or stored.get("PREFECT_API_URL") or "").rstrip("/")
    if not address:
        raise CannotProceedError(
            "No Prefect API is configured. Start one with `prefect server start` and name it with "
            "PREFECT_API_URL, or log in with `prefect cloud login`."
        )
    headers = {}
    if stored.get("PREFECT_API_KEY"):
        headers["Authorization"] = f"Bearer {stored['PREFECT_API_KEY']}"
    elif stored.get("PREFECT_API_AUTH_STRING"):
        login = base64.b64encode(stored["PREFECT_API_AUTH_STRING"].encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    insecure = stored.get("PREFECT_API_TLS_INSECURE_SKIP_VERIFY", "").lower() in ("1", "true", "yes")
    verify: bool | str = not insecure and (stored.get("PREFECT_API_SSL_CERT_FILE") or True)
    settings = {name: stored[name] for name in _NAMES if name in stored} | {"PREFECT_API_URL": address}
    return PrefectAddress(address, settings, headers, verify)


def _profile(values: Mapping[str, str], name: str | None) -> dict[str, str]:
    """Read the settings of the active or the named profile."""
    home = Path(values.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser()
    path = Path(values.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
    try:
        profiles = tomllib.loads(path.read_text())
    except FileNotFoundError:
        profiles = {}
    except (OSError, ValueError):
        raise CannotProceedError(f"Cannot read Prefect's profiles in {path}; look at the file.") from None
    chosen = name or values.get("PREFECT_PROFILE") or profiles.get("active")
    found = profiles.get("profiles", {}).get(chosen)
    if found is None:
        if name is not None:
            raise CannotProceedError(
                f"There is no Prefect profile {name!r} in {path}; `prefect profile ls` lists them."
            )
        return {}
    return {key: str(value) for key, value in found.items()}
