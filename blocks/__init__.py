"""Settings seen from both sides: Airflow Variables and Connections, Prefect Variables and blocks."""
