"""Where things are: the checkout, its caches, its two environments."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache"
TOOLKIT_PYTHON = CHECKOUT / ".venv" / "bin" / "python"
AIRFLOW_PYTHON = CHECKOUT / ".venv-airflow" / "bin" / "python"
AIRFLOW_DAGS = CHECKOUT / "airflow_dags"
POSTGRES_FACTS = CACHE / "postgres.json"
"""Written by the set-up: where PostgreSQL with PostGIS is, and how it was found."""
