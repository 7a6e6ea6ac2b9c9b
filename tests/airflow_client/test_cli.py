"""What is found out about an Airflow's Python environment without importing Airflow."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from airflow_client.cli import AirflowCli
from engines.places import AIRFLOW_PYTHON
from pipelines.errors import CannotProceedError


def test_the_environment_tells_its_versions_at_once() -> None:
    began = time.monotonic()
    found = AirflowCli(AIRFLOW_PYTHON).installation()
    assert found.airflow_version.startswith("3.")
    assert found.packages["apache-airflow-providers-postgres"]
    assert time.monotonic() - began < 3, "Airflow itself must not be imported for that"


def test_a_python_without_airflow_is_told() -> None:
    with pytest.raises(CannotProceedError, match=r"has no Airflow installed. Give the Python"):
        AirflowCli(Path(sys.executable)).installation()


@pytest.mark.parametrize("program", ["/bin/true", "/bin/false", "/no/such/python"])
def test_what_is_no_python_is_told(program: str) -> None:
    with pytest.raises(CannotProceedError, match=program):
        AirflowCli(Path(program)).installation()
