"""What a task costs: the same small functions as tasks of each engine, beside a plain loop.

`airflow.py`, `prefect.py` and `plain.py` each have

    measure(folder: Path, metadata_url: str, *, tuned: bool, repeats: int) -> Iterator[Measured]

which starts what it needs below `folder`, with its metadata on the server `metadata_url`, and gives one
`Measured` per case, mode and repetition. `__main__.py` puts them side by side.
"""
