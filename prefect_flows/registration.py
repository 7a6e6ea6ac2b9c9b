"""Brings a Prefect server to what the registry says: work pool and deployments. Changes only what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound, PrefectHTTPStatusError
from prefect.flows import Flow
from prefect.schedules import Cron
from prefect.settings import get_current_settings

from pipelines.errors import CannotProceedError
from pipelines.secrets import mask
from prefect_flows.registry import FlowDeployment

Outcome = Literal["created", "updated", "unchanged"]
PROCESS = "process"
# Lets what the steps log through the standard library appear with the run.
WORKER_ENV = {"PREFECT_LOGGING_EXTRA_LOGGERS": "pipelines"}


@dataclass(frozen=True)
class Environment:
    """Where flows are registered: `dev`, `prod` or a name of one's own."""

    name: str
    paused: bool
    """Whether the schedules rest."""

    @property
    def work_pool(self) -> str:
        """The work pool's name, for `prefect worker start --pool`."""
        return f"replant-{self.name}"


@dataclass(frozen=True)
class Registered:
    """What came of one work pool or deployment."""

    name: str
    outcome: Outcome
    changed: tuple[str, ...] = ()
    """The fields that were different."""


def register(
    environment: Environment, deployments: tuple[FlowDeployment, ...], checkout: Path
) -> Iterator[Registered]:
    """Make the work pool and the deployments, one after the other; a second call finds nothing to do.

    Raises CannotProceedError if no API is configured, it does not answer, or a pool of this name is of
    another type.
    """
    with reached() as client:
        yield _work_pool(client, environment)
        for deployment in deployments:
            yield _deployment(client, environment, deployment, checkout)


@contextmanager
def reached() -> Iterator[SyncPrefectClient]:
    """Give a client of the API that the profile or PREFECT_API_URL names.

    Raises CannotProceedError if there is none, or while it is used, if it cannot be reached.
    """
    address = get_current_settings().api.url
    if not address:
        raise CannotProceedError(
            "No Prefect API is configured. Start one with `prefect server start` and say where it is with "
            "`prefect config set PREFECT_API_URL=http://127.0.0.1:4200/api`, or log in to Prefect Cloud with "
            "`prefect cloud login`."
        )
    try:
        with get_client(sync_client=True) as client:
            yield client
    except httpx.TransportError as error:
        raise CannotProceedError(
            f"The Prefect API at {mask(address)} does not answer ({type(error).__name__}). "
            "Start it with `prefect server start`, or correct PREFECT_API_URL."
        ) from None
    except PrefectHTTPStatusError as error:
        if error.response.status_code not in (401, 403):
            raise
        raise CannotProceedError(
            f"The Prefect API at {mask(address)} refuses us ({error.response.status_code}). "
            "Log in with `prefect cloud login`, or set PREFECT_API_AUTH_STRING."
        ) from None


def _work_pool(client: SyncPrefectClient, environment: Environment) -> Registered:
    name = environment.work_pool
    try:
        client.create_work_pool(WorkPoolCreate(name=name, type=PROCESS))
    except ObjectAlreadyExists:
        found = client.read_work_pool(name)
        if found.type != PROCESS:
            raise CannotProceedError(
                f"The work pool {name} exists, but is of the type {found.type}, not {PROCESS}. "
                f"Delete or rename it: `prefect work-pool delete {name}`."
            ) from None
        return Registered(f"work pool {name}", "unchanged")
    return Registered(f"work pool {name}", "created")


def _deployment(
    client: SyncPrefectClient, environment: Environment, wanted: FlowDeployment, checkout: Path
) -> Registered:
    name = f"{wanted.flow}/{environment.name}"
    try:
        found = client.read_deployment_by_name(name)
    except ObjectNotFound:
        found = None
    target = _target(environment, wanted, checkout)
    changed = () if found is None else _differences(_state(found), target)
    if found is not None and not changed:
        return Registered(f"deployment {name}", "unchanged")
    flow: Any = Flow.from_source(source=str(checkout), entrypoint=wanted.entrypoint)
    with redirect_stdout(StringIO()):  # tells at length how to start a worker, which we tell ourselves
        flow.deploy(
            name=environment.name,
            work_pool_name=environment.work_pool,
            schedules=[Cron(wanted.cron, timezone="UTC")] if wanted.cron else [],
            paused=environment.paused,
            concurrency_limit=ConcurrencyLimitConfig(
                limit=wanted.concurrency, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
            ),
            parameters=dict(wanted.parameters),
            description=wanted.description,
            tags=list(target["tags"]),
            version=target["version"],
            job_variables=target["job_variables"],
            print_next_steps=False,
            ignore_warnings=True,
        )
    return Registered(f"deployment {name}", "created" if found is None else "updated", changed)


def _target(environment: Environment, wanted: FlowDeployment, checkout: Path) -> dict[str, Any]:
    """Give the fields that are looked at, as they should be."""
    return {
        "entrypoint": wanted.entrypoint,
        "source": [{"prefect.deployments.steps.set_working_directory": {"directory": str(checkout)}}],
        "work_pool": environment.work_pool,
        "schedules": [(wanted.cron, "UTC", True)] if wanted.cron else [],
        "paused": environment.paused,
        "concurrency": (wanted.concurrency, ConcurrencyLimitStrategy.ENQUEUE.value),
        "parameters": dict(wanted.parameters),
        "description": wanted.description,
        "tags": [wanted.pipeline, environment.name, *wanted.tags],
        "version": version("replant"),
        "job_variables": {"env": WORKER_ENV},
    }


def _state(found: DeploymentResponse) -> dict[str, Any]:
    """Give the same fields as they are on the server."""
    limit = found.global_concurrency_limit
    options = found.concurrency_options
    return {
        "entrypoint": found.entrypoint,
        "source": found.pull_steps,
        "work_pool": found.work_pool_name,
        "schedules": [
            (getattr(entry.schedule, "cron", None), getattr(entry.schedule, "timezone", None), entry.active)
            for entry in found.schedules
        ],
        "paused": found.paused,
        "concurrency": (
            limit.limit if limit else None,
            options.collision_strategy.value if options else None,
        ),
        "parameters": found.parameters,
        "description": found.description,
        "tags": found.tags,
        "version": found.version,
        "job_variables": found.job_variables,
    }


def _differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in right if left[name] != right[name])
