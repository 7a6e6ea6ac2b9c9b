"""What a run of tree_clusters can be told."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import CannotProceedError

VARIANTS = ("incremental", "faithful")


@dataclass(frozen=True)
class TreeClusterSettings:
    """Settings of one run; the defaults are the usual run."""

    variant: str = "incremental"
    """`incremental`: costs what has changed. `faithful`: the original's statements and commits."""
    dry_run: bool = False
    """Change nothing; say what would be done."""
    cluster_distance: float = 0.005
    """Trees nearer than this, in degrees, directly or by way of others, are one cluster."""
    cluster_zoom_level: int = 14
    """The zoom level of the clusters that are rewritten."""

    chunk_trees: int = 50_000
    """New trees that are assigned at a time; more than that are split into chunks, done side by side."""
    chunk_workers: int = 4
    """Chunks at a time, standalone and in Prefect's threads; Airflow and Dask have settings of their own."""
    dask_address: str = ""
    """Prefect only: the scheduler of a Dask cluster that does the chunks, such as `tcp://10.0.0.5:8786`."""
    lock_seconds: float = 60.0
    """How long to wait for another run, or another writer, before leaving."""
    statement_seconds: float = 3600.0
    """How long one statement may take."""
    forget_refresh: bool = False
    """Leave the view as it is, as a port that forgot the statement would: a comparison must find that."""

    def __post_init__(self) -> None:
        """Raise CannotProceedError on a value that no run could use."""
        if self.variant not in VARIANTS:
            raise CannotProceedError(
                f"tree_clusters has no variant {self.variant!r}. It has: {', '.join(VARIANTS)}."
            )
        for name in ("chunk_trees", "chunk_workers", "lock_seconds", "statement_seconds"):
            if not getattr(self, name) > 0:
                raise CannotProceedError(f"{name} must be more than 0, but is {getattr(self, name)!r}.")
        if not self.cluster_distance > 0:
            raise CannotProceedError(
                f"cluster_distance must be more than 0 degrees, but is {self.cluster_distance!r}."
            )
