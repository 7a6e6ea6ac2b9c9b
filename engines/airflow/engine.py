"""The engine Airflow: started here, or a user's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from airflow_client.cli import AirflowCli, AirflowInstallation
from airflow_client.credentials import Credentials, from_environment
from airflow_client.rest import AirflowClient
from airflow_client.transport import AirflowApiError
from engines.airflow import metadata
from engines.airflow.process_run import DagTest, dag_test, run_in_process
from engines.airflow.rest_run import run_by_rest
from engines.airflow.services import AirflowServices, check_port
from engines.airflow.settings import USER, Place, airflow_environment, write_login
from engines.databases import create_database, drop_database
from engines.places import AIRFLOW_DAGS, AIRFLOW_PYTHON
from engines.ports import free_ports
from engines.run import EngineName, Mode, Run, RunRequest
from engines.snapshot import session_name
from pipelines.errors import CannotProceedError

SAVED_FACTS = "airflow.json"
SAVED_METADATA = "metadata.sql"
SAVED_LOGS = "task_logs"


@dataclass(frozen=True)
class _SavedFacts:
    airflow_version: str
    port: int | None


class AirflowEngine:
    """Airflow in a process (`dag.test()`), or dispatched by its scheduler; a context manager.

    With `airflow_url` a running Airflow is driven, whose login comes from the environment (see
    `airflow_client.credentials`); otherwise one is started, out of the environment of `airflow_python` or of
    the checkout's. `port` is that of the UI, a free one if None; `restore` a folder that `save` wrote.

    Raises CannotProceedError for an address of a running Airflow in process.
    """

    name: EngineName = "airflow"

    def __init__(
        self,
        mode: Mode,
        *,
        folder: Path,
        log_dir: Path,
        metadata_url: str,
        tuned: bool = False,
        restore: Path | None = None,
        airflow_url: str | None = None,
        airflow_python: Path | None = None,
        port: int | None = None,
        dags_folder: Path = AIRFLOW_DAGS,
    ) -> None:
        self.mode: Mode = mode
        self._folder = folder
        self._log_dir = log_dir
        self._metadata_url = metadata_url
        self._tuned = tuned
        self._restore = restore
        if mode == "in-process" and airflow_url is not None:
            raise CannotProceedError(
                "A running Airflow is driven in dispatched mode; in process none is used. Leave out "
                "--airflow-url, or use --mode dispatched."
            )
        self._airflow_url = airflow_url
        self._cli_python = airflow_python or AIRFLOW_PYTHON
        self._port = port
        self._dags_folder = dags_folder
        self._stack = ExitStack()
        self._place: Place | None = None
        self._client: AirflowClient | None = None
        self._services: AirflowServices | None = None
        self._installation: AirflowInstallation | None = None
        self._running: int | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._airflow_url is not None:
                _check_version(self._connect(stack, self._airflow_url, from_environment()))
            else:
                self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._services = None
        self._client = None

    def _connect(self, stack: ExitStack, url: str, credentials: Credentials) -> AirflowClient:
        self._client = stack.enter_context(AirflowClient(url, credentials))
        return self._client

    def _start(self, stack: ExitStack) -> None:
        """Make the metadata database and, dispatched, start the processes."""
        self._installation = _installation(self._cli_python)
        saved = None if self._restore is None else _saved_facts(self._restore)
        port = self._choose_port(saved)
        database = f"{session_name()}_airflow"
        url = create_database(self._metadata_url, database)
        stack.callback(drop_database, self._metadata_url, database)
        self._place = Place(
            home=self._folder,
            dags_folder=self._dags_folder,
            task_logs=self._folder / "task_logs",
            metadata_url=url,
            port=port,
        )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        password = write_login(self._place)
        env = airflow_environment(self._place, tuned=self._tuned)
        self._fill(saved, env)
        if self.mode == "in-process":
            return
        client = self._connect(stack, self._place.url, Credentials(USER, password))
        services = AirflowServices(self._cli, env, self._folder, self._log_dir)
        self._services = stack.enter_context(services)
        self._services.wait_until_ready(client)

    def _choose_port(self, saved: _SavedFacts | None) -> int | None:
        if self.mode == "in-process":
            return None
        port = self._port or (saved.port if saved else None)
        if port is None:
            return free_ports(1)[0]
        check_port(port)
        return port

    def _fill(self, saved: _SavedFacts | None, env: dict[str, str]) -> None:
        """Make Airflow's tables, or bring back those of a session that was saved."""
        place, installation = self._here(), self._installed()
        log = self._log_dir / "airflow-db-migrate.log"
        if saved is None or self._restore is None:
            metadata.migrate(self._cli, env, installation, place.metadata_url, log)
            return
        metadata.load(place.metadata_url, self._restore / SAVED_METADATA)
        if saved.airflow_version != installation.airflow_version:
            metadata.run_migrations(self._cli, env, log)
        if (self._restore / SAVED_LOGS).exists():
            shutil.copytree(self._restore / SAVED_LOGS, place.task_logs, dirs_exist_ok=True)

    @property
    def _cli(self) -> AirflowCli:
        return AirflowCli(self._cli_python)

    def _here(self) -> Place:
        if self._place is None:
            raise RuntimeError("this Airflow has not been started here")
        return self._place

    def _installed(self) -> AirflowInstallation:
        if self._installation is None:
            raise RuntimeError("this Airflow has not been started here")
        return self._installation

    @property
    def client(self) -> AirflowClient:
        """The REST client of the running Airflow; only dispatched."""
        if self._client is None:
            raise RuntimeError("there is no running Airflow")
        return self._client

    @property
    def ui_url(self) -> str | None:
        """The address of the UI, if there is one."""
        return None if self._client is None else self._client.url

    @property
    def login_file(self) -> Path | None:
        """A file of mode 0600 with the UI's password as `{"user": "password"}`; None for a user's Airflow."""
        return None if self._place is None else self._place.login_file

    @property
    def metadata_database(self) -> str | None:
        """URL of Airflow's own database, if it is ours. Secret."""
        return None if self._place is None else self._place.metadata_url

    def versions(self) -> Mapping[str, str]:
        """Give the versions that matter for a run."""
        if self._installation is None:
            return {"airflow": self.client.version()}
        return {
            "airflow": self._installation.airflow_version,
            "python": self._installation.python_version,
            "postgres provider": self._installation.packages.get("apache-airflow-providers-postgres", "none"),
        }

    def server_pids(self) -> tuple[int, ...]:
        """Give the roots of our process trees; none for a user's Airflow."""
        running = () if self._running is None else (self._running,)
        return running if self._services is None else (*self._services.pids(), *running)

    def is_runner(self, pid: int, cmdline: str) -> bool:
        """Say whether a process runs steps: a worker of LocalExecutor, busy or not, or what it forks."""
        if self.mode == "in-process":
            return True
        return cmdline.startswith("airflow worker -- ")

    def run(self, request: RunRequest) -> Run:
        """Run the pipeline's DAG once.

        Raises CannotProceedError if Airflow could not run it at all.
        """
        if self.mode == "in-process":
            try:
                return run_in_process(
                    self._cli_python,
                    self._here(),
                    request,
                    dict(self.versions()),
                    tuned=self._tuned,
                    on_start=self._note_process,
                )
            finally:
                self._running = None
        check_alive = self._services.check_alive if self._services else lambda: None
        return run_by_rest(self.client, request, dict(self.versions()), check_alive)

    def dag_test(self, dag_id: str, timeout_seconds: float) -> dict[str, Any]:
        """Run any DAG of the folder in process; give the outcome as `engines/airflow/runner.py` has it.

        Raises CannotProceedError if Airflow could not run it at all.
        """
        place = self._here()
        return dag_test(
            self._cli_python,
            place,
            DagTest(dag_id),
            env=airflow_environment(place, tuned=self._tuned),
            log=self._log_dir / f"{dag_id}.log",
            timeout_seconds=timeout_seconds,
            on_start=self._note_process,
        )

    def _note_process(self, pid: int) -> None:
        self._running = pid

    def save(self, folder: Path) -> bool:
        """Keep the runs, so that `restore=folder` shows them again, at the same address.

        No connection and no Variable is kept. Gives False for a user's own Airflow: it keeps its runs itself.
        """
        if self._place is None:
            return False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        metadata.dump(self._place.metadata_url, folder / SAVED_METADATA, metadata.NEVER_SAVED)
        if self._place.task_logs.exists():
            shutil.copytree(self._place.task_logs, folder / SAVED_LOGS, dirs_exist_ok=True)
        facts = _SavedFacts(self._installed().airflow_version, self._place.port)
        (folder / SAVED_FACTS).write_text(json.dumps(asdict(facts)))
        return True


def _check_version(client: AirflowClient) -> None:
    """Raise CannotProceedError if this is no Airflow 3, or if it refuses the login."""
    try:
        version = client.version()
    except AirflowApiError as error:
        if error.status != 404:
            raise
        version = "of an older kind"
    if not version.startswith("3."):
        raise CannotProceedError(f"{client.url} is an Airflow {version}; replant drives Airflow 3.")
    client.dags()


def _installation(python: Path) -> AirflowInstallation:
    if not python.exists():
        raise CannotProceedError(
            f"There is no Airflow environment: {python} does not exist. Run `make setup`, or give the Python "
            "of an Airflow of your own with --airflow-python."
        )
    return AirflowCli(python).installation()


def _saved_facts(folder: Path) -> _SavedFacts:
    try:
        return _SavedFacts(**json.loads((folder / SAVED_FACTS).read_text()))
    except (OSError, ValueError, TypeError):
        raise CannotProceedError(
            f"{folder} holds no runs of Airflow that were saved: {SAVED_FACTS} is missing or damaged. "
            "Reports of `replant compare` keep them, unless the Airflow was one of your own."
        ) from None
