"""Prefect: started here, or a user's own API; the flow called, or dispatched to a worker."""

from engines.prefect.engine import PrefectEngine

__all__ = ["PrefectEngine"]
