"""What the scripts share that ask real Airflow about a folder's DAG files; Airflow's Python runs them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def answer(ask: Callable[[Any], Any]) -> None:
    """Print what a function says of each file's only DAG, by the file's name, as JSON."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints is log
    from airflow.dag_processing.dagbag import DagBag

    found: dict[str, Any] = {}
    for file in sys.argv[1:]:
        [dag] = DagBag(dag_folder=file).dags.values()
        found[Path(file).stem] = ask(dag)
    json.dump(found, answers)


def scheduled(dag: Any) -> Any:
    """Give a DAG as the scheduler knows it."""
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.from_dict(DagSerialization.to_dict(dag))
