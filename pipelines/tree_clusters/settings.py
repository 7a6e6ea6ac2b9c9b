"""What a run of tree_clusters can be told."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import CannotProceedError

VARIANTS = ("faithful",)


@dataclass(frozen=True)
class TreeClusterSettings:
    """Settings of one run; the defaults are the usual run."""

    variant: str = "faithful"
    """`faithful`: the original's statements and commits."""
    dry_run: bool = False
    """Change nothing; say what would be done."""
    cluster_distance: float = 0.005
    """Trees nearer than this, in degrees, directly or by way of others, are one cluster."""
    cluster_zoom_level: int = 14
    """The zoom level of the clusters that are rewritten."""

    forget_refresh: bool = False
    """Leave the view as it is, as a port that forgot the statement would: a comparison must find that."""

    def __post_init__(self) -> None:
        """Raise CannotProceedError on a value that no run could use."""
        if self.variant not in VARIANTS:
            raise CannotProceedError(
                f"tree_clusters has no variant {self.variant!r}. It has: {', '.join(VARIANTS)}."
            )
        if not self.cluster_distance > 0:
            raise CannotProceedError(
                f"cluster_distance must be more than 0 degrees, but is {self.cluster_distance!r}."
            )
