"""Speaks to an Airflow by its REST API and its command line."""
