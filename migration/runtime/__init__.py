"""What is copied next to the written flows; imports Prefect and the standard library only."""
