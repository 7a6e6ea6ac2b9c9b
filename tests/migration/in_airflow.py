"""How real Airflow ends the tasks of a folder of DAG files: the oracle for converted flows."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from engines.places import CHECKOUT

PYTHON = CHECKOUT / ".venv-airflow" / "bin" / "python"


def ends_in_airflow(folder: Path, home: Path) -> dict[str, Any]:
    """Give each run's state and its tasks' states, by the file's name. `home`: an empty folder."""
    env = {
        "PATH": os.environ["PATH"], "HOME": str(home), "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }  # fmt: skip
    for command in (
        ["-m", "airflow", "db", "migrate"],
        [str(Path(__file__).with_name("airflow_states.py")), str(folder)],
    ):
        done = subprocess.run(
            [str(PYTHON), *command], env=env, capture_output=True, text=True, check=False, timeout=900
        )
        assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))
