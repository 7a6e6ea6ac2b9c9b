"""The fixed lists of DAG files that the converter is measured on; none of them is kept in this repository.

`CACHE/airflow-2` and `CACHE/airflow-3` are unpacked wheels (`pip download --no-deps`), the other two are
checkouts of public repositories at any place, given by environment variables.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from engines.places import CACHE, CHECKOUT

WHEELS = CACHE / "convert"
AIRFLOW_3 = CHECKOUT / ".venv-airflow" / "lib" / "python3.11" / "site-packages" / "airflow"


@dataclass(frozen=True)
class Corpus:
    """A folder of DAG files, and the claim that it belongs to."""

    name: str
    folder: Path
    group: str
    """examples or open."""


def corpora() -> list[Corpus]:
    """Give the corpora that are there."""
    found = [
        Corpus("airflow-2.11.2 examples", _airflow_2(), "examples"),
        Corpus("airflow-3.3.2 examples", AIRFLOW_3 / "example_dags", "examples"),
        Corpus(
            "standard provider examples", AIRFLOW_3 / "providers" / "standard" / "example_dags", "examples"
        ),
    ]
    for name, variable in (
        ("Greenstand/treetracker-airflow-dags", "GREENSTAND_DAGS"),
        ("BasPH/data-pipelines-with-apache-airflow", "BASPH_DAGS"),
    ):
        if variable in os.environ:
            found.append(Corpus(name, Path(os.environ[variable]), "open"))
        else:
            print(f"{name}: left out; set {variable} to a checkout of it", file=sys.stderr)
    return [one for one in found if one.folder.is_dir()]


def _airflow_2() -> Path:
    """Fetch Airflow 2.11.2's wheel once and unpack its examples."""
    folder = WHEELS / "airflow-2.11.2"
    if not folder.is_dir():
        WHEELS.mkdir(parents=True, exist_ok=True)
        wheels = list(WHEELS.glob("apache_airflow-2.11.2-*.whl"))
        if not wheels:
            python = str(Path(sys.base_prefix) / "bin" / "python3")  # the environment itself has no pip
            command = [python, "-m", "pip", "download", "-q", "--no-deps", "apache-airflow==2.11.2"]
            subprocess.run([*command, "-d", str(WHEELS)], check=True)
            wheels = list(WHEELS.glob("apache_airflow-2.11.2-*.whl"))
        with zipfile.ZipFile(wheels[0]) as wheel:
            members = [name for name in wheel.namelist() if name.startswith("airflow/example_dags/")]
            wheel.extractall(folder, members)
    return folder / "airflow" / "example_dags"
