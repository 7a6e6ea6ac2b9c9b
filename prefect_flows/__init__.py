"""How Prefect runs each pipeline: one file per pipeline."""
