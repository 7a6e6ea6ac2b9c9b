"""What real Airflow makes of a folder of DAG files: the oracle for converted flows."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from engines.places import CHECKOUT

PYTHON = CHECKOUT / ".venv-airflow" / "bin" / "python"
AS_IN_AIRFLOW_2 = {
    "AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS": "True",
    "AIRFLOW__SCHEDULER__CREATE_DELTA_DATA_INTERVALS": "True",
}
"""Settings by which Airflow 3's schedules have the intervals of Airflow 2."""


def ends_in_airflow(folder: Path, home: Path) -> dict[str, Any]:
    """Give each run's state and its tasks' states, by the file's name. `home`: an empty folder."""
    env = _environment(folder, home)
    _said(["-m", "airflow", "db", "migrate"], env)
    return _answer("airflow_states.py", folder, env)


def moments_in_airflow(folder: Path, home: Path, style: int) -> dict[str, Any]:
    """Give, by the file's name, each run's moment and logical date. `home`: an empty folder."""
    return _answer(
        "airflow_moments.py", folder, _environment(folder, home) | (AS_IN_AIRFLOW_2 if style < 3 else {})
    )


def pauses_in_airflow(folder: Path, home: Path) -> dict[str, Any]:
    """Give, by the file's name and the task's, its retries and each pause's span. `home`: an empty folder."""
    return _answer("airflow_pauses.py", folder, _environment(folder, home))


def arguments_in_airflow(home: Path) -> dict[str, Any]:
    """Give the arguments that each operator takes. `home`: an empty folder."""
    return _answer("airflow_signatures.py", home, _environment(home, home))


def _environment(folder: Path, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }  # fmt: skip


def _answer(script: str, folder: Path, env: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(_said([str(Path(__file__).with_name(script)), str(folder)], env)))


def _said(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(
        [str(PYTHON), *command], env=env, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
