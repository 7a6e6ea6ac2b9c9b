"""Prints how real Airflow ends the tasks of the DAG files of a folder, as JSON; Airflow's Python runs it."""

from __future__ import annotations

import datetime
import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Run each file's only DAG by `dag.test()`."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints is log
    from airflow.dag_processing.dagbag import DagBag

    found: dict[str, Any] = {}
    for file in sorted(Path(sys.argv[1]).glob("*.py")):
        [dag] = DagBag(dag_folder=str(file)).dags.values()
        run = dag.test(logical_date=datetime.datetime.now(datetime.UTC))
        states: dict[str, list[str]] = {}
        for one in run.get_task_instances():
            states.setdefault(one.task_id, []).append(str(one.state))
        found[file.stem] = {"run": str(run.state), "tasks": states}
    json.dump(found, answers)


if __name__ == "__main__":
    main()
