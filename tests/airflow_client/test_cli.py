"""What is found out about an Airflow's Python environment without importing Airflow."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airflow_client.cli import AirflowCli
from engines.places import AIRFLOW_PYTHON
from pipelines.errors import CannotProceedError


def test_the_environment_tells_its_versions_and_airflow_is_not_imported(tmp_path: Path) -> None:
    found = AirflowCli(AIRFLOW_PYTHON, {"HOME": str(tmp_path)}).installation()
    assert found.airflow_version.startswith("3.")
    assert found.packages["apache-airflow-providers-postgres"]
    assert list(tmp_path.iterdir()) == [], "importing Airflow takes 3 s and makes a folder in the home"


def test_a_python_without_airflow_is_told() -> None:
    with pytest.raises(CannotProceedError, match=r"has no Airflow installed. Give the Python"):
        AirflowCli(Path(sys.executable)).installation()


@pytest.mark.parametrize("program", ["/bin/true", "/bin/false", "/no/such/python"])
def test_what_is_no_python_is_told(program: str) -> None:
    with pytest.raises(CannotProceedError, match=program):
        AirflowCli(Path(program)).installation()
