"""Turns Airflow DAG files into Prefect flows."""
