"""DAG files that are converted, deployed and run by a worker; what they do, they note in a folder."""

from __future__ import annotations

NOTES = '''
import os
import time
from pathlib import Path


def note(name, text):
    with (Path(os.environ["NOTES"]) / name).open("a") as stream:
        stream.write(f"{text}\\n")


def meet(name):
    """Wait for another run of the same; fail if there is none."""
    folder = Path(os.environ["NOTES"])
    (folder / f"{name}-{os.getpid()}").touch()
    deadline = time.monotonic() + 60
    while len(list(folder.glob(f"{name}-*"))) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError("alone")
        time.sleep(0.1)


def alone(name):
    """Fail if another run does the same at this moment."""
    file = Path(os.environ["NOTES"]) / f"{name}-here"
    with file.open("x"):
        time.sleep(2)
    file.unlink()
'''
OWNED = """
from airflow import DAG
from airflow.operators.python import PythonOperator
from lib.notes import note
with DAG("owned", schedule_interval="0 5 * * *", tags=["nightly"], is_paused_upon_creation=True,
         default_args={"owner": "data, team"}):
    for owner in ("ana", "ben & co/ltd", "data, team"):
        PythonOperator(task_id=f"of_{len(owner)}", python_callable=note, op_args=["owned", owner],
                       owner=owner)
"""
ONCE = """
from airflow import DAG
from airflow.operators.python import PythonOperator
from lib.notes import note
with DAG("run.it-once", schedule="@once"):
    PythonOperator(task_id="first", python_callable=note, op_args=["once", "first"]) >> PythonOperator(
        task_id="second", python_callable=note, op_args=["once", "second"])
"""
CATCHUP = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from lib.notes import note
def dates(ds, data_interval_end, **context):
    note("dates", f"{ds} {data_interval_end.isoformat()}")
with DAG("köln_täglich", schedule="@daily", start_date=datetime(2025, 12, 1), catchup=True):
    PythonOperator(task_id="dates", python_callable=dates) >> BashOperator(
        task_id="template", bash_command="echo {{ ds }} {{ next_ds }} >> $NOTES/template")
with DAG("monthly", schedule="@monthly", start_date=datetime(2025, 12, 1), catchup=True):
    BashOperator(task_id="template", bash_command="echo {{ ds }} {{ next_ds }} >> $NOTES/monthly")
with DAG("undated", schedule="@daily", catchup=True):
    BashOperator(task_id="work", bash_command="true")
"""
SERIAL = """
from airflow import DAG
from airflow.operators.python import PythonOperator
from lib.notes import alone, meet
with DAG("one_by_one", schedule=None, max_active_runs=1):
    PythonOperator(task_id="alone", python_callable=alone, op_args=["serial"])
with DAG("side_by_side", schedule=None, max_active_tasks=1):
    PythonOperator(task_id="meet", python_callable=meet, op_args=["parallel"])
"""
ENDED = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
from lib.notes import note
with DAG("ended", schedule="@daily", start_date=datetime(2025, 1, 1), end_date=datetime(2026, 1, 1)):
    PythonOperator(task_id="work", python_callable=note, op_args=["ended", "{{ ds }}"])
"""
FILES = {
    "lib/notes.py": NOTES,
    "team/owned.py": OWNED,
    "team/once.py": ONCE,
    "catchup.py": CATCHUP,
    "serial.py": SERIAL,
    "ended.py": ENDED,
}
