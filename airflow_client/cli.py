"""An Airflow's command line, by the Python of its environment (`--airflow-python PATH`)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

# Reads the installed packages' data only: importing airflow takes 3 s and may write into a home.
_FACTS = """
import importlib.metadata, importlib.util, json, sys
found = {"python": "%d.%d.%d" % sys.version_info[:3], "packages": {}}
for name in ("apache-airflow", "apache-airflow-providers-postgres"):
    try:
        found["packages"][name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


@dataclass(frozen=True)
class AirflowInstallation:
    """What is installed in an Airflow's environment."""

    python: Path
    python_version: str
    airflow_version: str
    packages: Mapping[str, str]


@dataclass(frozen=True)
class AirflowCli:
    """Runs `airflow ...` of one environment. Secrets travel in `env`, never in the arguments."""

    python: Path
    env: Mapping[str, str] | None = field(default=None, repr=False)
    """None: the environment of this process, so that a user's own Airflow finds its AIRFLOW_HOME."""

    def argv(self, *arguments: str) -> list[str]:
        """Give the command that runs `airflow ARGUMENTS`."""
        return [str(self.python), "-m", "airflow", *arguments]

    def run(self, *arguments: str, timeout_seconds: float = 300.0) -> str:
        """Run `airflow ARGUMENTS`; give what it printed.

        Raises CannotProceedError, with its last words, if it fails or does not end.
        """
        return self._output(self.argv(*arguments), "airflow " + " ".join(arguments), timeout_seconds)

    def script(self, path: Path, given: str, timeout_seconds: float = 300.0) -> str:
        """Run a script of ours with that Python, `given` on its stdin; give what it printed.

        Raises CannotProceedError, without a word of the script's: it may be busy with secrets.
        """
        return self._output(
            [str(self.python), str(path)], f"{self.python} {path.name}", timeout_seconds, given=given
        )

    def installation(self) -> AirflowInstallation:
        """Say what is installed there, without importing Airflow.

        Raises CannotProceedError if this is no Python, or has no Airflow 3.
        """
        output = self._output([str(self.python), "-c", _FACTS], str(self.python), 60)
        try:
            facts = json.loads(output)
        except ValueError:
            raise CannotProceedError(
                f"{self.python} is not the Python of an Airflow environment: it did not run a script."
            ) from None
        version = facts["packages"].get("apache-airflow")
        if version is None:
            raise CannotProceedError(
                f"{self.python} has no Airflow installed. Give the Python of an environment that has."
            )
        if not version.startswith("3."):
            raise CannotProceedError(
                f"{self.python} has Airflow {version}; replant drives Airflow 3. "
                "Upgrade that environment or give another one."
            )
        return AirflowInstallation(self.python, facts["python"], version, facts["packages"])

    def _output(
        self, argv: Sequence[str], shown: str, timeout_seconds: float, given: str | None = None
    ) -> str:
        env = dict(os.environ if self.env is None else self.env)
        try:
            done = subprocess.run(
                list(argv),
                env=env,
                text=True,
                capture_output=True,
                timeout=timeout_seconds,
                check=False,
                **({"stdin": subprocess.DEVNULL} if given is None else {"input": given}),
            )
        except OSError as error:
            raise CannotProceedError(
                f"Cannot start {self.python}: {error.strerror}. "
                "Give the Python of an Airflow environment, such as /opt/airflow/bin/python."
            ) from None
        except subprocess.TimeoutExpired:
            raise CannotProceedError(f"`{shown}` did not end within {timeout_seconds:.0f} s.") from None
        if done.returncode != 0:
            if given is not None:
                kinds = re.findall(r"^([\w.]+(?:Error|Exception)):?", done.stderr, re.MULTILINE)
                reason = kinds[-1] if kinds else "no reason given"
                raise CannotProceedError(
                    f"`{shown}` failed with code {done.returncode} ({reason}). "
                    "Try `airflow connections list` in that environment."
                )
            said = mask("\n".join((done.stderr or done.stdout).strip().splitlines()[-8:]))
            raise CannotProceedError(f"`{shown}` failed with code {done.returncode}:\n{said}")
        return done.stdout
