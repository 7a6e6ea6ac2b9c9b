"""Assets and datasets: their names, and the events that stand for their updates."""

from __future__ import annotations

from typing import Any

EVENT = "airflow.asset.updated"
KINDS = ("Asset", "Dataset", "AssetAll", "AssetAny", "DatasetAll", "DatasetAny", "Combination")


def names_of(value: Any) -> list[str]:
    """Give the names of all assets in a value; nothing if one has none that is known."""
    given = (
        value if isinstance(value, list) else value.get("$tuple", [value]) if isinstance(value, dict) else []
    )
    found: list[str] = []
    for one in given:
        if not isinstance(one, dict) or one.get("$made") not in ("Asset", "Dataset"):
            return []
        name = one["kwargs"].get("uri") or one["kwargs"].get("name") or next(iter(one["args"]), None)
        if not isinstance(name, str):
            return []
        found.append(name)
    return found


def trigger_of(value: Any) -> dict[str, Any] | None:
    """Give the deployment trigger of an asset schedule, or None if the value is none that is known."""
    if isinstance(value, list):
        return _compound("all", value)
    if not isinstance(value, dict) or "$made" not in value:
        return None
    kind = value["$made"]
    if kind in ("Asset", "Dataset"):
        return {
            "type": "event",
            "match": {"prefect.resource.id": f"airflow.asset.{names_of([value])[0]}"},
            "expect": [EVENT],
        }
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
