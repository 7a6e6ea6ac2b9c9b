"""Prints when real Airflow runs the DAG files of a folder, as JSON; Airflow's Python runs it."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOST = 400
"""Moments that are listed of one DAG; one with an end has fewer."""


def main() -> None:
    """List each file's only DAG, as the scheduler would make its runs."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints is log
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import DagSerialization

    found: dict[str, Any] = {}
    for file in sorted(Path(sys.argv[1]).glob("*.py")):
        [dag] = DagBag(dag_folder=str(file)).dags.values()
        known = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        assert isinstance(known, SerializedDAG)
        last = None
        moments: list[list[str]] = []
        while len(moments) < MOST:
            last = known.next_dagrun_info(last_automated_run_info=last)
            if last is None:
                break
            moments.append([last.run_after.isoformat(), last.logical_date.isoformat()])
        found[file.stem] = moments
    json.dump({"now": datetime.now(UTC).isoformat(), "moments": found}, answers)


if __name__ == "__main__":
    main()
