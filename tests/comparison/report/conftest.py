"""Reports written once, and a real Chromium to look at them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from comparison.report.build import ReportInput, build_report
from comparison.report.write import ReportFiles, write_report
from tests.comparison.report import inputs

# Without a screen, a sandbox or a network: no look-ups, no updates.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
INPUTS: dict[str, Callable[[], ReportInput]] = {
    "identical": inputs.identical,
    "different": inputs.different,
    "failed": inputs.failed,
    "hostile": inputs.hostile,
    "one round": lambda: inputs.identical(repeat=1),
}


def written(given: ReportInput, folder: Path) -> ReportFiles:
    return write_report(build_report(given), folder)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ReportFiles]:
    """One report of each kind."""
    return {name: written(make(), tmp_path_factory.mktemp("report")) for name, make in INPUTS.items()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Missing: the page tests are skipped by name, but in CI they fail.

    For one file: until it is closed an event loop runs here, and Prefect's calls would give coroutines.
    """
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        words = "Chromium is not installed: `apt-get install chromium`"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()
