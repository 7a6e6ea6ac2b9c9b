"""Each equivalence that the converter can claim has its paragraph in the docs."""

from __future__ import annotations

import re

from engines.places import CHECKOUT


def test_every_paragraph_is_there() -> None:
    anchors = set(re.findall(r"^## (.+)$", (CHECKOUT / "docs" / "semantics.md").read_text(), re.MULTILINE))
    claimed = set()
    for file in (CHECKOUT / "migration").rglob("*.py"):
        text = file.read_text()
        for call in re.findall(r"equivalent\((.*?)\)\n", text, re.DOTALL):
            claimed.update(re.findall(r'"([a-z-]+)"\s*,?\s*$', call))
    assert {"mail", "pools", "schedules"} <= claimed
    assert claimed <= anchors, claimed - anchors
