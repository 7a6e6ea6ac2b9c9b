"""Prints when real Airflow runs the DAG files of a folder, as JSON; Airflow's Python runs it."""

from __future__ import annotations

from typing import Any

from airflow_answer import answer, scheduled  # type: ignore[import-not-found]

MOST = 400
"""Moments that are listed of one DAG; one with an end has fewer."""


def moments(dag: Any) -> list[list[str]]:
    """Give each run's moment and logical date, as the scheduler would make its runs."""
    known, last = scheduled(dag), None
    found: list[list[str]] = []
    while len(found) < MOST:
        last = known.next_dagrun_info(last_automated_run_info=last)
        if last is None:
            break
        found.append([last.run_after.isoformat(), last.logical_date.isoformat()])
    return found


if __name__ == "__main__":
    answer(moments)
