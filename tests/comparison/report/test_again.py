"""A report made anew from its report.json; and the documentation, which names every field."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from comparison.report import build
from comparison.report.write import ReportFiles
from engines.places import CHECKOUT


def again(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "comparison.report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)


@pytest.fixture
def copied(reports: dict[str, ReportFiles], tmp_path: Path) -> Path:
    """A folder with nothing but the report.json of the report with differences."""
    shutil.copy(reports["different"].json, tmp_path / "report.json")
    return tmp_path


def test_all_files_come_back_the_same(reports: dict[str, ReportFiles], copied: Path) -> None:
    assert again(copied).returncode == 0
    first = reports["different"]
    for name in ("report.json", "timings.csv", "differences.csv"):
        assert (copied / name).read_bytes() == (first.html.parent / name).read_bytes()
    there = first.html.read_text().replace(str(first.html.parent), "DIR")
    assert (copied / "report.html").read_text().replace(str(copied), "DIR") == there


@pytest.mark.parametrize("content", [None, "not json", "[]", '{"schema_version": 99}'])
def test_what_is_no_report_is_one_sentence(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    done = again(tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


@pytest.mark.page
def test_a_picture(browser: Browser, copied: Path) -> None:
    picture = copied / "report.png"
    done = again(copied, "--picture", picture, "--width", "900")
    assert done.returncode == 0, done.stderr
    header = picture.read_bytes()[:24]
    assert header[1:4] == b"PNG" and int.from_bytes(header[16:20], "big") == 900


def test_the_guide_names_every_field() -> None:
    schema = json.loads((Path(build.__file__).parent / "schema.json").read_text())
    guide = (CHECKOUT / "docs" / "report.md").read_text()
    fields = set(schema["required"]) - {"schema_version"}
    assert {field for field in fields if f"`{field}`" not in guide and f"`{field}[]`" not in guide} == set()
    for word in schema["$defs"]["verdict"]["enum"]:
        assert f"| {word} |" in guide
