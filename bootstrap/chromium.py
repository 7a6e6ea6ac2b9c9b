"""A Chromium for the tests that look at pages."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Mapping

from bootstrap.apt import Apt
from bootstrap.environments import Environment
from bootstrap.errors import SetupError
from bootstrap.places import BROWSERS
from bootstrap.runner import Runner

NAMES = ("chromium", "google-chrome")
"""What the tests look for on PATH; `make test` adds `LINK`'s folder to that."""
LINK = BROWSERS / "bin" / "chromium"
LIBATOMIC = "libatomic.so.1"
"""Playwright's own Node does not start without it, and minimal systems lack it."""
HINT = (
    "There is no Chromium here, or not what Playwright needs to drive it, so the tests that look at pages "
    "cannot run. As root, `apt-get install chromium libatomic1` brings both."
)


def is_there() -> bool:
    """Say whether a Chromium is installed, or was put into the cache, and Playwright can run."""
    try:
        ctypes.CDLL(LIBATOMIC)
    except OSError:
        return False
    return LINK.exists() or any(shutil.which(name) for name in NAMES)


def way() -> str | None:
    """Say how what is missing can be had: "install" it, or "none"; None if all is there.

    As root apt or Playwright installs it. An ordinary user gets a Chromium only in CI, by Playwright.
    """
    if is_there():
        return None
    return "install" if os.geteuid() == 0 or os.environ.get("CI") else "none"


def obtain(toolkit: Environment, runner: Runner, apt: Apt | None, variables: Mapping[str, str]) -> None:
    """Install Chromium as root by apt; where that has none, by Playwright into the cache.

    Raises SetupError.
    """
    if apt is not None:
        apt.update()
        found = any(shutil.which(name) for name in NAMES)
        by_apt = [] if found or not apt.has("chromium") else ["chromium", "fonts-dejavu-core"]
        apt.install("installing Chromium", ["libatomic1", *by_apt])
        if found or by_apt:
            return
    playwright = [str(toolkit.folder / "bin" / "playwright"), "install", "--no-shell", "chromium"]
    runner.run(
        "installing Chromium",
        playwright + (["--with-deps"] if apt is not None else []),
        log="chromium",
        variables={**variables, "PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)},
    )
    programs = sorted(BROWSERS.glob("chromium-*/chrome-linux*/chrome"))
    if not programs:
        raise SetupError(f"Playwright brought no Chromium to {BROWSERS}. Install one, then call again.")
    LINK.parent.mkdir(exist_ok=True)
    LINK.unlink(missing_ok=True)
    LINK.symlink_to(programs[-1])
