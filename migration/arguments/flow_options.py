"""What a DAG's arguments become, as it is collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from migration.writing.plan import Claim


@dataclass
class FlowOptions:
    """What the DAG's arguments become."""

    options: dict[str, str] = field(default_factory=dict)
    """Of `@flow`, as code."""
    deployment: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    """The flow's parameters and their defaults, as code."""
    every: str | None = None
    """The schedule as code for `begin`, where the logical date is the interval's start."""
    keeps_interval: bool = False
    """The timetable has intervals in Airflow 3, too."""
    timezone: str = "UTC"
    docstring: str = ""
    starts: str = ""
    """The moment before which no run does anything, as code; empty where it has passed."""
    ends: str = ""
    """The moment after which no run does anything, as code."""
    partition: str = ""
    """The run's partition key, as code."""
    claims: dict[str, Claim] = field(default_factory=dict)
