"""Compares the recorded graphs with those of real Airflow, where it loads the file."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.convert.corpora import Corpus
from engines.places import CHECKOUT
from migration.graph import Dag
from migration.places import places
from migration.recorder.run import Recorder

PYTHON = CHECKOUT / ".venv-airflow" / "bin" / "python"


def agreement(corpus: Corpus) -> dict[str, Any]:
    """Give the number of files that real Airflow loads, and of those where the graphs are the same."""
    found = places([corpus.folder])
    real = _real([str(place.file) for place in found])
    same, differing = 0, {}
    with Recorder() as recorder:
        for place in found:
            theirs = real.get(str(place.file))
            if theirs is None:
                continue
            recording = recorder.record(place.file, place.roots())
            differences = _differences(recording.dags, theirs)
            same += not differences
            if differences:
                differing[place.name] = differences[:5]
    loads = sum(value is not None for value in real.values())
    return {"files": len(found), "loads": loads, "same": same, "differing": differing}


def _real(files: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }
        subprocess.run(
            [str(PYTHON), "-m", "airflow", "db", "migrate"],
            env=env, capture_output=True, check=True, timeout=300,
        )  # fmt: skip
        done = subprocess.run(
            [str(PYTHON), str(Path(__file__).with_name("dagbag.py"))],
            input=json.dumps(files), capture_output=True, text=True, env=env, check=False, timeout=600,
        )  # fmt: skip
    if "\x1e" not in done.stdout:
        raise RuntimeError(f"Airflow gave no graphs: {done.stderr[-500:]}")
    return dict(json.loads(done.stdout.rpartition("\x1e")[2]))


def _differences(ours: tuple[Dag, ...], theirs: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    mine = {dag.dag_id: dag for dag in ours}
    for name in sorted(mine.keys() ^ {dag["dag_id"] for dag in theirs}):
        found.append(f"the DAG {name} is {'extra' if name in mine else 'missing'}")
    for other in theirs:
        dag = mine.get(other["dag_id"])
        if dag is None:
            continue
        tasks = {task.task_id: task for task in dag.tasks}
        for name in sorted(tasks.keys() ^ other["tasks"].keys()):
            found.append(f"{dag.dag_id}: the task {name} is {'extra' if name in tasks else 'missing'}")
        for name in tasks.keys() & other["tasks"].keys():
            found += _task_differences(dag, name, other["tasks"][name])
        schedule = dag.arguments.get("schedule", dag.arguments.get("schedule_interval"))
        if isinstance(schedule, str) and other["schedule"] != schedule:
            found.append(f"{dag.dag_id}: the schedule {other['schedule']} became {schedule}")
    return found


def _task_differences(dag: Dag, name: str, other: dict[str, Any]) -> list[str]:
    task = dag.task(name)
    rule = task.get("trigger_rule", "all_success")
    if task.marks.get("teardown"):
        rule = "all_done_setup_success"
    found = []
    if sorted(dag.after(name)) != other["downstream"]:
        found.append(f"{dag.dag_id}.{name}: {dag.after(name)} instead of {other['downstream']} behind it")
    if rule != other["trigger_rule"]:
        found.append(f"{dag.dag_id}.{name}: the rule {rule} instead of {other['trigger_rule']}")
    if (task.get("retries") or 0) != other["retries"]:
        found.append(f"{dag.dag_id}.{name}: {task.get('retries')} retries instead of {other['retries']}")
    return found
