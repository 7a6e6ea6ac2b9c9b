"""Assets and datasets: their names, and the events that stand for their updates."""

from __future__ import annotations

from typing import Any

EVENT, PARTITION_EVENT = "airflow.asset.updated", "airflow.asset.partition.updated"
ALIASES = ("AssetAlias", "DatasetAlias")
KINDS = ("Asset", "Dataset", "AssetAll", "AssetAny", "DatasetAll", "DatasetAny", "Combination")


def outlets_of(value: Any) -> list[tuple[str, bool]]:
    """Give the name of each asset in a value, and whether it is an alias; nothing if one is not known."""
    given = (
        value if isinstance(value, list) else value.get("$tuple", [value]) if isinstance(value, dict) else []
    )
    found = [(name_of(one), isinstance(one, dict) and one.get("$made") in ALIASES) for one in given]
    return [(name, is_alias) for name, is_alias in found if name] if all(name for name, _ in found) else []


def name_of(value: Any) -> str:
    """Give the name of an asset or an alias, which is its URI where it has no other; nothing if unknown."""
    if not isinstance(value, dict) or value.get("$made") not in ("Asset", "Dataset", *ALIASES):
        return ""
    given = value["kwargs"]
    name = given.get("name") or next(iter(value["args"]), None) or given.get("uri")
    return name if isinstance(name, str) and "\u27e6" not in name else ""


def resource_of(value: Any) -> str:
    """Give the id of the resource that an asset's or alias's events have; nothing if it is not known."""
    name = name_of(value)
    return f"airflow.{'asset-alias' if value['$made'] in ALIASES else 'asset'}.{name}" if name else ""


def trigger_of(value: Any) -> dict[str, Any] | None:
    """Give the deployment trigger of an asset schedule, or None if the value is none that is known."""
    if isinstance(value, list):
        return _compound("all", value)
    if not isinstance(value, dict) or "$made" not in value:
        return None
    kind = value["$made"]
    if kind in ("Asset", "Dataset", *ALIASES):
        resource = resource_of(value)
        return (
            {"type": "event", "match": {"prefect.resource.id": resource}, "expect": [EVENT]}
            if resource
            else None
        )
    if kind == "Combination":
        mode, members = value["args"]
        return _compound(mode, members["$tuple"])
    if kind.endswith(("Any", "All")) and kind in KINDS:
        return _compound("any" if kind.endswith("Any") else "all", value["args"])
    return None


def _compound(mode: str, members: list[Any]) -> dict[str, Any] | None:
    triggers = [trigger_of(member) for member in members]
    if not triggers or None in triggers:
        return None
    if len(triggers) == 1:
        return triggers[0]
    return {"type": "compound", "require": mode, "within": 86400, "triggers": triggers}
