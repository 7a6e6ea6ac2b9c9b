"""The work pool and the deployments of a session: made, looked for, taken back."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

from engines.places import CHECKOUT, TOOLKIT_PYTHON
from engines.prefect.access import speaking
from engines.prefect.settings import Place, client_environment
from engines.service import Service
from pipelines.errors import CannotProceedError


def make_work_pool(place: Place) -> None:
    """Make the work pool before the worker and `deployment.py`, which run at once, look for it."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    # It exists where the runs of a report were restored.
    with speaking(place) as client, suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=place.work_pool, type="process"))


def worker_is_there(place: Place) -> bool:
    """Say whether a worker of the work pool has reported itself."""
    with speaking(place) as client:
        found = client.read_workers_for_work_pool(place.work_pool, limit=10, offset=0)
    return any(worker.status == "ONLINE" for worker in found)


def register(place: Place, log_dir: Path) -> None:
    """Register the deployments as a user does, by `deployment.py`.

    Raises CannotProceedError, with what it said, if it fails or takes longer than 2 minutes.
    """
    log = log_dir / "prefect-deployment.log"
    script = [str(TOOLKIT_PYTHON), str(CHECKOUT / "deployment.py")]
    argv = [*script, "--env", "dev", "--name", place.deployment]
    with Service("deployment.py", argv, log=log, env=client_environment(place), cwd=CHECKOUT) as service:
        try:
            code = service.wait(120)
        except subprocess.TimeoutExpired:
            raise CannotProceedError(f"deployment.py did not end within 120 s; see {log}.") from None
    if code != 0:
        raise CannotProceedError(f"deployment.py ended with code {code}; see {log}:\n{service.tail()}")


def forget(place: Place) -> None:
    """Take back what was put into a user's own API: the deployments and the work pool."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
    from prefect.exceptions import ObjectNotFound

    mine = DeploymentFilter(name=DeploymentFilterName(any_=[place.deployment]))
    with speaking(place) as client:
        for deployment in client.read_deployments(deployment_filter=mine, limit=200):
            client.delete_deployment(deployment.id)
        with suppress(ObjectNotFound):
            client.delete_work_pool(place.work_pool)
