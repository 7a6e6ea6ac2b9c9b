"""The user guide lists the settings that are made, and no others."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from engines.airflow.settings import NEEDED, TUNED
from engines.places import CHECKOUT


@pytest.mark.parametrize(("name", "made"), [("needed", NEEDED), ("tuned", TUNED)])
def test_the_guide_lists_the_settings(name: str, made: Mapping[str, str]) -> None:
    page = (CHECKOUT / "docs" / "airflow.md").read_text()
    table = page.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0]
    listed = dict(re.findall(r"^\| `(AIRFLOW__\w+)` \| `([^`]*)` \|", table, re.MULTILINE))
    assert listed == dict(made)
