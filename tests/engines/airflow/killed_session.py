"""Starts an Airflow on saved runs, tells of it as a line of JSON, and waits to be killed."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import psutil

from engines.airflow import AirflowEngine

DAG = "assign_tree_to_cluster"
folder = Path(sys.argv[1])
with AirflowEngine(
    "dispatched",
    folder=folder / "home",
    log_dir=folder / "logs",
    metadata_url=os.environ["METADATA_URL"],
    restore=folder / "saved",
    port=int(os.environ["PORT"]),
) as engine:
    runs = engine.client.runs(DAG)
    log = engine.client.log(DAG, os.environ["RUN"], "count_new_trees")
    roots = [psutil.Process(pid) for pid in engine.server_pids()]
    told = {
        "runs": sorted(run.run_id for run in runs),
        "log": "\n".join(event.event for event in log),
        "pids": [process.pid for root in roots for process in [root, *root.children(recursive=True)]],
    }
    print(json.dumps(told), flush=True)
    time.sleep(600)
