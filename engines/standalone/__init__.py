"""The same steps with no orchestrator: a plain call, or a fresh process as cron would start it."""

from engines.standalone.engine import StandaloneEngine

__all__ = ["StandaloneEngine"]
