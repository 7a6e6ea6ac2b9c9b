"""Has Airflow's processes import once what every task imports: LocalExecutor's workers and tasks are forks.

Airflow imports a module of this name when it starts. `replant --tuned` puts this folder on its PYTHONPATH;
in an Airflow of your own, copy the file to `$AIRFLOW_HOME/config/`.
"""

from __future__ import annotations

import contextlib
import importlib

EVERY_TASK_IMPORTS = (
    "airflow.sdk.execution_time.task_runner",
    "airflow.dag_processing.dagbag",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.postgres.hooks.postgres",
    "psycopg2",
    "sqlalchemy",
)

for _module in EVERY_TASK_IMPORTS:
    with contextlib.suppress(ImportError):  # another version of Airflow, or a provider that is not there
        importlib.import_module(_module)
