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
from comparison.report.__main__ import main
from comparison.report.write import ReportFiles
from engines.places import CHECKOUT


@pytest.fixture
def copied(reports: dict[str, ReportFiles], tmp_path: Path) -> Path:
    """A folder with nothing but the report.json of the report with differences."""
    shutil.copy(reports["different"].json, tmp_path / "report.json")
    return tmp_path


def test_all_files_come_back_the_same(reports: dict[str, ReportFiles], copied: Path) -> None:
    command = [sys.executable, "-m", "comparison.report", str(copied)]
    subprocess.run(command, check=True, cwd=CHECKOUT)
    first = reports["different"]
    for name in ("report.json", "timings.csv", "differences.csv"):
        assert (copied / name).read_bytes() == (first.html.parent / name).read_bytes()
    there = first.html.read_text().replace(str(first.html.parent), "DIR")
    assert (copied / "report.html").read_text().replace(str(copied), "DIR") == there


@pytest.mark.parametrize("content", [None, "not json", "[]", '{"schema_version": 99}'])
def test_what_is_no_report_is_one_sentence(
    tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    assert main([str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.page
def test_a_picture(browser: Browser, copied: Path) -> None:
    picture = copied / "report.png"
    assert main([str(copied), "--picture", str(picture), "--width", "900"]) == 0
    header = picture.read_bytes()[:24]
    assert header[1:4] == b"PNG" and int.from_bytes(header[16:20], "big") == 900


def test_the_guide_names_every_field() -> None:
    schema = json.loads((Path(build.__file__).parent / "schema.json").read_text())
    guide = (CHECKOUT / "docs" / "report.md").read_text()
    fields = set(schema["required"]) - {"schema_version"}
    assert {field for field in fields if f"`{field}`" not in guide and f"`{field}[]`" not in guide} == set()
    for word in schema["$defs"]["verdict"]["enum"]:
        assert f"| {word} |" in guide
