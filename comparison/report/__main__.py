"""Writes page and CSV files of a report anew, takes its picture: `python -m comparison.report DIR`."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from comparison.report.build import SCHEMA_VERSION
from comparison.report.write import write_report
from pipelines.errors import CannotProceedError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; bad input is one sentence on stderr and code 2."""
    parser = argparse.ArgumentParser(prog="python -m comparison.report", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds report.json")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="picture of the first screen")
    parser.add_argument("--width", type=int, default=1280, help="of the picture, in pixels (default 1280)")
    parser.add_argument("--height", type=int, default=800, help="of the picture, in pixels (default 800)")
    parser.add_argument("--dark", action="store_true", help="the picture in dark colours")
    options = parser.parse_args(arguments)
    try:
        page = rewrite(options.folder)
        if options.picture:
            take_picture(page, options.picture, options.width, options.height, dark=options.dark)
    except CannotProceedError as error:
        print(f"comparison.report: {error}", file=sys.stderr)
        return 2
    print(options.picture or page)
    return 0


def rewrite(folder: Path) -> Path:
    """Make the files of a report anew from its report.json; give the page.

    Raises CannotProceedError if there is no report that can be read.
    """
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotProceedError(f"{folder} holds no report.json that can be read: {error}") from None
    version = report.get("schema_version") if isinstance(report, dict) else None
    if version != SCHEMA_VERSION:
        raise CannotProceedError(
            f"{folder / 'report.json'} has the schema version {version}, not {SCHEMA_VERSION}. "
            "Compare again with this replant."
        )
    return write_report(report, folder).html


def take_picture(page: Path, picture: Path, width: int, height: int, *, dark: bool = False) -> None:
    """Let a headless Chromium paint the first screen of a page.

    Raises CannotProceedError if there is no Chromium, or it fails.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise CannotProceedError("A picture needs Chromium: `apt-get install chromium`.")
    with tempfile.TemporaryDirectory() as profile:
        command = [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--screenshot={picture.resolve()}",
            *(["--blink-settings=preferredColorScheme=0"] if dark else []),
            page.resolve().as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode or not picture.exists():
        raise CannotProceedError(f"Chromium took no picture: {done.stderr.strip()[-300:]}")


if __name__ == "__main__":
    sys.exit(main())
