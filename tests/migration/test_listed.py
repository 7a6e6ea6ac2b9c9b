"""The table of docs/convert.md: what becomes of the constructs that real DAG files have most."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engines.places import CHECKOUT
from migration.checker.run import Checker
from migration.convert import convert_file
from migration.entry import entry_of
from migration.places import Place
from migration.recorder.run import Limits, Recorder
from tests.migration.listed import LISTED, Listed

pytestmark = pytest.mark.slow
WORST = ("refused", "equivalent", "converted")
IN_EACH = frozenset({"start_date"})
"""Attributes of all the samples."""


def test_the_table_says_what_is_so(tmp_path: Path) -> None:
    with (
        Recorder(limits=Limits(seconds=60)) as recorder,
        Checker(limits=Limits(seconds=60)) as checker,
    ):
        found = {one.name: _status(one, tmp_path, recorder, checker) for one in LISTED}
    text = (CHECKOUT / "docs" / "convert.md").read_text()
    table = text.partition("## Constructs")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| [^|]+ \| (\w+) \|", table, re.MULTILINE)
    stated = {name.replace("`", ""): status for name, status in rows if status in WORST}
    assert stated == found


def _status(listed: Listed, folder: Path, recorder: Recorder, checker: Checker) -> str:
    """Give the worst that an attribute comes to, over all import paths; the last one's flow is checked."""
    items: list[tuple[str, str]] = []
    *earlier, last = listed.texts()
    file = folder / "sample.py"
    for text in earlier:
        file.write_text(text)
        result = convert_file(recorder.record(file, [folder]), [folder], None)
        assert result.dags and not result.crash, (
            listed.name,
            result.recording.reason,
            result.crash,
        )
        items += [(item.name, item.status) for dag in result.dags for item in dag.items]
    file.write_text(last)
    entry = entry_of(Place(file, folder), recorder, checker, None)
    assert len(entry.dags) == 1 and not entry.crash, (listed.name, entry.reason, entry.crash)
    items += [(item["name"], item["status"]) for item in entry.dags[0]["items"]]
    found = {status for name, status in items if name not in IN_EACH - {listed.name}}
    return next(status for status in WORST if status in found)
