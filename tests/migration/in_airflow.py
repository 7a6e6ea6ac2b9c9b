"""What real Airflow makes of a folder of DAG files: the oracle for converted flows."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from engines.places import CHECKOUT

PYTHON = CHECKOUT / ".venv-airflow" / "bin" / "python"
DATABASE = "airflow.db"
PROCESSES = 2
"""That run DAGs side by side, each with a database of its own."""
AS_IN_AIRFLOW_2 = {
    "AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS": "True",
    "AIRFLOW__SCHEDULER__CREATE_DELTA_DATA_INTERVALS": "True",
}
"""Settings by which Airflow 3's schedules have the intervals of Airflow 2."""


def ends_in_airflow(folder: Path, home: Path) -> dict[str, Any]:
    """Give each run's state and its tasks' states, by the file's name. `home`: an empty folder."""
    files = sorted(folder.glob("*.py"))

    def part(number: int) -> dict[str, Any]:
        own = home / str(number)
        own.mkdir()
        shutil.copy(_migrated(), own / DATABASE)
        return _answer("airflow_states.py", files[number::PROCESSES], _environment(folder, own))

    _migrated()
    with ThreadPoolExecutor(PROCESSES) as pool:
        return {name: one for found in pool.map(part, range(PROCESSES)) for name, one in found.items()}


def moments_in_airflow(folder: Path, home: Path, style: int) -> dict[str, Any]:
    """Give, by the file's name, each run's moment and logical date. `home`: an empty folder."""
    env = _environment(folder, home) | (AS_IN_AIRFLOW_2 if style < 3 else {})
    return _answer("airflow_moments.py", sorted(folder.glob("*.py")), env)


def pauses_in_airflow(folder: Path, home: Path) -> dict[str, Any]:
    """Give, by the file's name and the task's, its retries and each pause's span. `home`: an empty folder."""
    return _answer("airflow_pauses.py", sorted(folder.glob("*.py")), _environment(folder, home))


def arguments_in_airflow(home: Path) -> dict[str, Any]:
    """Give the arguments that each operator takes. `home`: an empty folder."""
    return _answer("airflow_signatures.py", [], _environment(home, home))


@cache
def _migrated() -> Path:
    """Make an empty database of Airflow's once; each caller takes a copy."""
    home = Path(tempfile.mkdtemp(prefix="replant-airflow-"))
    atexit.register(shutil.rmtree, home)
    _said(["-m", "airflow", "db", "migrate"], _environment(home, home))
    return home / DATABASE


def _environment(folder: Path, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / DATABASE}",
    }  # fmt: skip


def _answer(script: str, files: Sequence[Path], env: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(_said([str(Path(__file__).with_name(script)), *map(str, files)], env)))


def _said(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(
        [str(PYTHON), *command], env=env, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
