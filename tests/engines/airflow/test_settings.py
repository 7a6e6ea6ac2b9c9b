"""The user guide lists the settings that are made, and no others."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from engines.airflow.settings import NEEDED, PRELOADING, TUNED
from engines.places import AIRFLOW_PYTHON, CHECKOUT
from engines.service import environment


@pytest.mark.parametrize(("name", "made"), [("needed", NEEDED), ("tuned", TUNED)])
def test_the_guide_lists_the_settings(name: str, made: Mapping[str, str]) -> None:
    page = (CHECKOUT / "docs" / "airflow.md").read_text()
    table = page.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0]
    listed = dict(re.findall(r"^\| `(AIRFLOW__\w+)` \| `([^`]*)` \|", table, re.MULTILINE))
    assert listed == dict(made)


LOOK = """
import json, sys
import airflow.settings
airflow.settings.initialize()
settings = sys.modules["airflow_local_settings"]
print(json.dumps([name for name in settings.EVERY_TASK_IMPORTS if name not in sys.modules]))
"""


@pytest.mark.airflow
@pytest.mark.slow
def test_tuned_imports_early_what_it_names(tmp_path: Path) -> None:
    extra = {
        "AIRFLOW_HOME": str(tmp_path),
        "PYTHONPATH": str(PRELOADING),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://nobody@127.0.0.1:1/nowhere",
    }
    done = subprocess.run(
        [str(AIRFLOW_PYTHON), "-c", LOOK], env=environment(tmp_path, extra), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
