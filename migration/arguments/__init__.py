"""What the arguments of DAGs and operators mean in Prefect."""
