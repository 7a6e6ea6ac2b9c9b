"""Prints what real Airflow makes of the DAG files of a folder, as JSON: run by Airflow's own interpreter."""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Load the files one by one; give each one's DAGs, or nothing where Airflow does not load it."""
    from airflow.dag_processing.dagbag import DagBag

    found: dict[str, Any] = {}
    for file in json.load(sys.stdin):
        bag = DagBag(dag_folder=file, collect_dags=False)
        bag.process_file(file, only_if_updated=False, safe_mode=False)
        found[file] = None if bag.import_errors else [_dag(dag) for dag in bag.dags.values()]
    print("\x1e" + json.dumps(found))


def _dag(dag: Any) -> dict[str, Any]:
    return {
        "dag_id": dag.dag_id,
        "tasks": {
            task.task_id: {
                "downstream": sorted(task.downstream_task_ids),
                "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
                "retries": task.retries,
            }
            for task in dag.tasks
        },
        "schedule": dag.schedule if isinstance(dag.schedule, str) else None,
    }


if __name__ == "__main__":
    main()
