"""Speaks to an Airflow, ours or a user's: by REST, and by the command line of its Python environment."""
