"""Settings out of a live Airflow: by REST, which masks secrets, or by the Python of its environment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from airflow_client.cli import AirflowCli
from airflow_client.credentials import from_environment
from airflow_client.records import Connection, Variable
from airflow_client.rest import AirflowClient
from blocks.settings import CONNECTION_FIELDS, Found, Setting
from pipelines.errors import CannotProceedError

MASK = "***"
DUMP = Path(__file__).with_name("airflow_dump.py")
MARK = "replant-settings:"


def read_rest(url: str) -> tuple[Found, ...]:
    """Read the Connections and Variables of an Airflow by its REST API.

    A value with Airflow's mask in it is a conflict that says how to get the value.
    Raises CannotProceedError if the Airflow or its login cannot be used.
    """
    source = f"airflow:{url}"
    with AirflowClient(url, from_environment()) as airflow:
        each: list[Setting] = [*airflow.connections(), *airflow.variables()]
    return tuple(Found(setting, source, conflict=_masked(setting)) for setting in each)


def _masked(setting: Setting) -> str | None:
    if isinstance(setting, Variable):
        names = ["value"] if MASK in setting.value else []
    else:
        names = [name for name in CONNECTION_FIELDS if MASK in str(getattr(setting, name) or "")]
    if not names:
        return None
    return f"Airflow's REST API masks its {', '.join(names)}; --airflow-python PYTHON reads it unmasked"


def read_python(python: Path, names: Sequence[str]) -> tuple[Found, ...]:
    """Read the settings by the Python of an Airflow's environment, through its secrets backends.

    What its database has is listed; what only a secrets backend has cannot be listed by Airflow, so `names`
    (`variable/KEY`, `connection/ID`) are asked for one by one.
    Raises CannotProceedError if that Python has no Airflow 3 or cannot read its database.
    """
    source = f"airflow of {python}"
    cli = AirflowCli(python)
    cli.installation()
    output = cli.script(DUMP, json.dumps(list(names)))
    line = next((line for line in output.splitlines() if line.startswith(MARK)), None)
    if line is None:
        raise CannotProceedError(f"The Airflow of {python} gave no settings. Does `airflow info` work there?")
    found = json.loads(line.removeprefix(MARK))
    return tuple(_found(values, source) for values in found)


def _found(values: dict[str, Any], source: str) -> Found:
    kind, shadows = values.pop("kind"), values.pop("environment")
    setting: Setting = Variable(**values) if kind == "variable" else Connection(**values)
    return replace(Found(setting, source), shadows=shadows)
