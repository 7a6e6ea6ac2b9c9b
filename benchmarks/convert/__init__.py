"""How much of real DAG files `replant convert` converts."""
