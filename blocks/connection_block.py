"""Block types of our own. Importing this imports Prefect: only flows and `apply` do."""

from __future__ import annotations

import json
from typing import Any

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class AirflowConnection(Block):
    """A Connection of Airflow with all its fields, where no block of Prefect's fits.

    In a flow: `AirflowConnection.load("NAME")`, then `.host`, `.login`, `.password.get_secret_value()`,
    `.extra_dejson`, as on Airflow's own Connection.
    """

    _block_type_name = "Airflow Connection"
    _block_type_slug = "airflow-connection"

    conn_id: str = Field(description="The name in Airflow.")
    conn_type: str = Field(description="Airflow's type, such as ssh.")
    host: str | None = None
    login: str | None = None
    password: SecretStr | None = None
    port: int | None = None
    schema_name: str | None = Field(default=None, description="Airflow's field `schema`.")
    extra: SecretStr | None = Field(default=None, description="A JSON text, as Airflow keeps it.")
    description: str | None = None

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra as a dictionary; empty if there is none."""
        if self.extra is None or not self.extra.get_secret_value():
            return {}
        value: dict[str, Any] = json.loads(self.extra.get_secret_value())
        return value


class AirflowSettingsLedger(Block):
    """What replant has mirrored: which name became which, and each setting as Airflow had it last.

    The settings are kept because no block of Prefect's holds every field of a Connection: they make the
    way back exact, and tell which side has changed.
    """

    _block_type_name = "Airflow Settings Ledger"
    _block_type_slug = "airflow-settings-ledger"

    names: dict[str, str] = Field(default_factory=dict, description="Airflow's name -> Prefect's name.")
    settings: SecretStr = Field(default=SecretStr("{}"), description="JSON: the settings, by Airflow's name.")
