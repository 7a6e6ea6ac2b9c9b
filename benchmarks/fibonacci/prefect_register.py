"""Registers the benchmark's flow on the server of the environment: `-m ... POOL CHECKOUT`."""

from __future__ import annotations

import sys
from typing import Any

from prefect.flows import Flow


def main(pool: str, checkout: str) -> None:
    """Make the deployment `fibonacci/bench`."""
    entrypoint = "benchmarks/fibonacci/prefect_flow.py:fibonacci"
    flow: Any = Flow.from_source(source=checkout, entrypoint=entrypoint)
    flow.deploy(name="bench", work_pool_name=pool, print_next_steps=False, ignore_warnings=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
