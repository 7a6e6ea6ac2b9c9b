"""What one would write by hand: Prefect's own classes, one setting after the other. Run by the benchmark.

`by_hand.py list` compares names with what is there; `by_hand.py save PREFIX` writes. The settings come on
stdin: `{"variables": {...}, "connections": {...}}` as Airflow exports them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.variables import Variable
from prefect_sqlalchemy import ConnectionComponents, SqlAlchemyConnector


def list_names(variables: dict[str, Any], connections: dict[str, Any]) -> int:
    """Count the settings whose names Prefect does not have."""
    with get_client(sync_client=True) as client:
        there: set[str] = set()
        while page := client.request(
            "POST", "/variables/filter", json={"limit": 200, "offset": len(there)}
        ).json():
            there |= {entry["name"] for entry in page}
        blocks: list[Any] = []
        while page := client.read_block_documents(offset=len(blocks), limit=200, include_secrets=True):
            blocks += page
    there |= {block.name for block in blocks}
    return len([name for name in (*variables, *connections) if name not in there])


def save(prefix: str, variables: dict[str, Any], connections: dict[str, Any]) -> None:
    """Write every setting."""
    sync: dict[str, Any] = {"_sync": True}
    for key, value in variables.items():
        name = prefix + key.replace("_", "-")
        if "secret" in key:
            Secret(value=value).save(name, overwrite=True, **sync)
        else:
            Variable.set(name, value, overwrite=True, **sync)
    for key, entry in connections.items():
        info = ConnectionComponents(
            driver="postgresql+psycopg2",
            username=entry["login"],
            password=entry["password"],
            host=entry["host"],
            port=entry["port"],
            database=entry["schema"],
        )
        block = SqlAlchemyConnector(connection_info=info, connect_args=json.loads(entry["extra"]))
        block.save(prefix + key.replace("_", "-"), overwrite=True, **sync)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    if sys.argv[1] == "list":
        print(list_names(given["variables"], given["connections"]))
    else:
        save(sys.argv[2], given["variables"], given["connections"])
