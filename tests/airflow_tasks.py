"""The processes of Airflow's running tasks."""

from __future__ import annotations

import contextlib

import psutil

from engines.airflow import AirflowEngine


def task_processes(airflow: AirflowEngine) -> list[psutil.Process]:
    """Give the processes of the tasks that are running, by their titles.

    Only root may see more of them: since 3.3 Airflow makes them undumpable.
    """
    found = []
    for root in airflow.server_pids():
        for process in psutil.Process(root).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                title = " ".join(process.cmdline())
                if title.startswith("airflow worker -- ") and "LocalExecutor" not in title:
                    found.append(process)
    return found
