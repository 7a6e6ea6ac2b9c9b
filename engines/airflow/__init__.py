"""Airflow: `dag.test()` in a process of its environment, or scheduler, dag-processor and api-server."""

from engines.airflow.engine import AirflowEngine

__all__ = ["AirflowEngine"]
