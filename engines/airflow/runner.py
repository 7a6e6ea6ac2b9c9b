"""Runs one DAG in process, by `dag.test()`, in Airflow's own environment.

    echo '{"dag_id": ..., "conf": {...}, ...}' | python -P engines/airflow/runner.py

reads the request from standard input and writes the outcome as one line of JSON to standard output; what
Airflow prints goes to standard error. A script, not a module of `engines`: Airflow's environment has only
what Airflow and `pipelines` need. The exit code says nothing, as that of `dag.test()` does not.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _mask(secrets: list[str]) -> None:
    """Have Airflow mask what must not stand in its log."""
    from airflow.sdk.log import mask_secret

    for secret in secrets:
        mask_secret(secret)


def _load(dag_id: str, dags_folder: str) -> Any:
    """Give the DAG. Raises LookupError, with Airflow's import errors, if the folder does not have it."""
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:  # before Airflow 3.2
        from airflow.models.dagbag import DagBag

    bag = DagBag(dag_folder=dags_folder)
    dag = bag.dags.get(dag_id)
    if dag is None:
        broken = "\n".join(f"{file}: {error}" for file, error in bag.import_errors.items())
        raise LookupError(f"{dags_folder} has no DAG {dag_id!r}. {broken}")
    return dag


def _tasks(run: Any, order: list[str]) -> list[dict[str, Any]]:
    instances = sorted(
        run.get_task_instances(), key=lambda instance: (order.index(instance.task_id), instance.map_index)
    )
    return [
        {
            "task_id": instance.task_id,
            "map_index": instance.map_index,
            "state": None if instance.state is None else str(instance.state),
            "try_number": instance.try_number,
            "queued": _text(instance.queued_dttm or instance.scheduled_dttm),
            "started": _text(instance.start_date),
            "ended": _text(instance.end_date),
            "result": _left(instance, "return_value"),
            "notice": _left(instance, "notice"),
        }
        for instance in instances
    ]


def _left(instance: Any, key: str) -> Any:
    return instance.xcom_pull(task_ids=instance.task_id, key=key, map_indexes=instance.map_index)


def _remember_errors(dag: Any) -> dict[str, str]:
    """Give a dictionary that will hold the exception of each task that fails: `dag.test()` tells of none."""
    errors: dict[str, str] = {}

    def remember(context: Mapping[str, Any]) -> None:
        error = context.get("exception")
        shown = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
        errors[context["ti"].task_id] = shown.strip()

    for task in dag.tasks:
        own = task.on_failure_callback or ()
        task.on_failure_callback = [remember, *((own,) if callable(own) else own)]  # bare on a mapped task
    return errors


def run_dag(request: Mapping[str, Any]) -> dict[str, Any]:
    """Run the DAG once; give its outcome. Times are those of the run, imports are before them."""
    _mask(request["secrets"])
    dag = _load(request["dag_id"], request["dags_folder"])
    errors = _remember_errors(dag)
    before = _cpu_seconds()
    started = datetime.now(UTC)
    run = dag.test(logical_date=started, run_conf=request["conf"])
    ended = datetime.now(UTC)
    cpu_seconds = _cpu_seconds() - before
    return {
        "state": str(run.state),
        "run_id": run.run_id,
        "started": started.isoformat(),
        "ended": ended.isoformat(),
        "tasks": _tasks(run, dag.task_ids),
        "errors": errors,
        "cpu_seconds": cpu_seconds,
    }


def main() -> int:
    """Serve one request from standard input."""
    request = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints is log
    os.environ.update(request["environment"])  # connections: they must be known before Airflow is imported
    try:
        answer: dict[str, Any] = {"outcome": run_dag(request)}
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller has to be told
        traceback.print_exc()
        answer = {"cannot_run": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
