"""Registers the Prefect deployments: `python deployment.py --env dev|prod [--only NAME]`.

Makes the work pool `replant-dev` or `replant-prod` and, for each flow, the deployment `FLOW/dev` or
`FLOW/prod`, on the server that the active Prefect profile or PREFECT_API_URL names. In dev no schedule runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import CannotProceedError
from prefect_flows.registry import DEPLOYMENTS, FlowDeployment

CHECKOUT = Path(__file__).resolve().parent


def parser() -> argparse.ArgumentParser:
    """Give the parser of the command line."""
    options = argparse.ArgumentParser(
        prog="deployment.py",
        description="Registers work pool and deployments on the Prefect server that the active profile or "
        "PREFECT_API_URL names. Changes only what differs.",
    )
    options.add_argument("--env", required=True, choices=("dev", "prod"), help="in dev the schedules rest")
    options.add_argument(
        "--only",
        metavar="NAME",
        help=f"only this pipeline or flow; there are: {', '.join(entry.pipeline for entry in DEPLOYMENTS)}",
    )
    options.add_argument(
        "--name",
        metavar="NAME",
        help="register as FLOW/NAME with the work pool replant-NAME, beside what is there (default: the env)",
    )
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Register; exit code 0, or 2 with one sentence if that is not possible."""
    options = parser().parse_args(arguments)
    try:
        _register(options, _chosen(options.only))
    except CannotProceedError as error:
        print(f"deployment.py: {error}", file=sys.stderr)
        return 2
    return 0


def _chosen(only: str | None) -> tuple[FlowDeployment, ...]:
    chosen = tuple(entry for entry in DEPLOYMENTS if only in (None, entry.pipeline, entry.flow))
    if not chosen:
        raise CannotProceedError(
            f"There is nothing named {only!r} to register. There are: "
            f"{', '.join(f'{entry.pipeline} (flow {entry.flow})' for entry in DEPLOYMENTS)}."
        )
    return chosen


def _register(options: argparse.Namespace, chosen: tuple[FlowDeployment, ...]) -> None:
    from blocks.pipeline_drift import settings_out_of_step
    from blocks.pipeline_settings import pipeline_settings_missing
    from prefect_flows.registration import Environment, register  # imports Prefect: two seconds

    # Under a name of its own a deployment stands beside the environment, with settings of its own.
    drift = (
        []
        if options.name
        else [sentence for entry in chosen for sentence in settings_out_of_step(entry.pipeline, options.env)]
    )
    if drift:
        raise CannotProceedError(
            f"The settings of {options.env} are not in step, so nothing is registered. {' '.join(drift)} "
            f"`replant blocks plan --env {options.env} --plan FILE` and `replant blocks apply FILE` help."
        )
    environment = Environment(options.name or options.env, paused=options.env == "dev")
    for done in register(environment, chosen, CHECKOUT):
        what = f" ({', '.join(done.changed)})" if done.changed else ""
        print(f"{done.name}: {done.outcome}{what}", flush=True)
    for entry in chosen:
        for missing in pipeline_settings_missing(entry.pipeline, options.env):
            print(f"Before the first run: {missing}")
    name = f"{chosen[0].flow}/{environment.name}"
    print(f"Next: prefect worker start --pool {environment.work_pool}")
    print(f"      prefect deployment run {name}")


if __name__ == "__main__":
    sys.exit(main())
