"""Prefect's client in this process, bound to one API and without a trace in the user's home."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engines.prefect.settings import Place

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

ACCESS = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING")


def import_prefect(folder: Path) -> None:
    """Import Prefect, which takes two seconds; where the user has no Prefect home, none is made."""
    if "PREFECT_HOME" in os.environ or (Path.home() / ".prefect").exists():
        importlib.import_module("prefect.main")
        return
    os.environ["PREFECT_HOME"] = str(folder / "home")
    try:
        importlib.import_module("prefect.main")
    finally:
        del os.environ["PREFECT_HOME"]


def users_access() -> dict[str, str]:
    """Give the key or password for the user's own API, from the active profile or the environment. Secret."""
    from prefect.settings import get_current_settings

    api = get_current_settings().api
    found = zip(ACCESS, (api.key, api.auth_string), strict=True)
    return {name: secret.get_secret_value() for name, secret in found if secret is not None}


def users_ui() -> str | None:
    """Give the address of the UI of the API that is spoken to; Prefect Cloud's has a host of its own."""
    from prefect.settings import get_current_settings

    return get_current_settings().ui_url


@contextmanager
def speaking(place: Place) -> Iterator[SyncPrefectClient]:
    """Give a client of the place's API; inside, blocks are saved there too."""
    from prefect.client.orchestration import get_client
    from prefect.settings import (
        PREFECT_API_AUTH_STRING,
        PREFECT_API_KEY,
        PREFECT_API_URL,
        PREFECT_HOME,
        temporary_settings,
    )

    # A key of the user's profile is not for our own server.
    foreign = {PREFECT_API_KEY, PREFECT_API_AUTH_STRING} if place.ours else set()
    updates = {PREFECT_API_URL: place.api_url, PREFECT_HOME: place.home}
    with (
        temporary_settings(updates=updates, restore_defaults=foreign),
        get_client(sync_client=True) as client,
    ):
        yield client
