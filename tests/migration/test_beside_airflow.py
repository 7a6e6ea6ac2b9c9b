"""DAG files whose tasks write down what they do: real Airflow's lines beside those of the converted flow."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.migration.beside_cases import CASES, REFUSED
from tests.migration.in_airflow import ends_in_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.prefect, pytest.mark.slow]


def written(case: str, folder: Path) -> str:
    """Give the text of a case whose tasks write into a file of the folder."""
    return textwrap.dedent(CASES[case]).replace("LINES", repr(str(folder / f"{case}.lines")))


def lines(case: str, folder: Path) -> list[str]:
    """Give what the tasks have written, in no order."""
    file = folder / f"{case}.lines"
    return sorted(file.read_text().splitlines()) if file.exists() else []


@pytest.fixture(scope="module")
def airflows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Any], Path]:
    """All cases, run by real Airflow: how they end, and the folder of their lines."""
    folder = tmp_path_factory.mktemp("cases")
    dags, said, home = folder / "dags", folder / "said", folder / "home"
    for one in (dags, said, home):
        one.mkdir()
    for case in CASES:
        (dags / f"{case}.py").write_text(written(case, said))
    return ends_in_airflow(dags, home), said


@pytest.mark.parametrize("case", CASES)
def test_the_same_is_done(
    converted: Any, airflows: tuple[Mapping[str, Any], Path], tmp_path: Path, case: str
) -> None:
    ended, said = airflows
    made = converted(written(case, tmp_path))
    assert made.dag.status == "converted", made.dag
    ran = made.run()
    assert (ran.state == "COMPLETED") == (ended[case]["run"] == "success"), ran.state
    assert lines(case, tmp_path) == lines(case, said) != []


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_done_otherwise_is_refused(converted: Any, case: str) -> None:
    assert converted(textwrap.dedent(REFUSED[case]).replace("LINES", "'lines'")).dag.status == "refused"
