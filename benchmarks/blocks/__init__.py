"""1,000 settings planned and applied, beside a script with Prefect's own classes."""
