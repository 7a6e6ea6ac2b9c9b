"""What `--env NAME` means: where settings come from and go to, and how they are named there."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blocks.sensitive import SensitiveRules
from blocks.wanted import Rules
from pipelines.catalog import find, names
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask

FOLDER = "REPLANT_ENVIRONMENTS"
"""Names another folder with the environments' files, outside of the checkout."""
SLACK_VARIABLE = "variable/SLACK_WEBHOOK"
SLACK_BLOCK = "slack-incoming-webhook/slack-notifications"
_KNOWN: Mapping[str, frozenset[str]] = {
    "airflow": frozenset({"from", "python"}),
    "prefect": frozenset({"profile", "api_url"}),
    "sensitive": frozenset({"words", "secret", "plain"}),
    "ledger": frozenset({"name"}),
}


@dataclass(frozen=True)
class SettingsEnvironment:
    """An environment such as dev or prod. Holds references, no secrets."""

    name: str | None
    rules: Rules
    sources: tuple[str, ...] = ()
    airflow_python: Path | None = None
    profile: str | None = None
    api_url: str | None = None
    ledger: str = "replant-settings"


def pipeline_names() -> dict[str, str]:
    """Give the names that the pipelines' flows expect, by Airflow's."""
    expected = {SLACK_VARIABLE: SLACK_BLOCK}
    for name in names():
        pipeline = find(name)
        expected[f"connection/{pipeline.airflow_connection}"] = pipeline.prefect_connection
    return expected


def load_environment(name: str | None) -> SettingsEnvironment:
    """Read `environments/NAME.toml`, or the file if NAME is a path ending in .toml; None: no file at all.

    Raises CannotProceedError if there is none, or if it has something that does not belong there.
    """
    if name is None:
        return SettingsEnvironment(None, Rules(names=pipeline_names()))
    folder = Path(os.environ.get(FOLDER) or Path(__file__).parent)
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError:
        there = ", ".join(sorted(each.stem for each in folder.glob("*.toml")))
        raise CannotProceedError(
            f"There is no environment {name!r} ({path}). There are: {there}; or give a .toml file's path."
        ) from None
    except (OSError, ValueError):
        raise CannotProceedError(f"{path} cannot be read as TOML.") from None
    return _environment(name, path, values)


def _environment(name: str, path: Path, values: Mapping[str, Any]) -> SettingsEnvironment:
    _check(path, values)
    airflow, prefect = values.get("airflow", {}), values.get("prefect", {})
    sensitive = values.get("sensitive", {})
    rules = Rules(
        SensitiveRules(*(tuple(sensitive.get(key, ())) for key in ("words", "secret", "plain"))),
        pipeline_names() | dict(values.get("names", {})),
    )
    sources = tuple(airflow.get("from", ()))
    python = Path(airflow["python"]).expanduser() if airflow.get("python") else None
    ledger = values.get("ledger", {}).get("name", SettingsEnvironment.ledger)
    return SettingsEnvironment(
        name, rules, sources, python, prefect.get("profile"), prefect.get("api_url"), ledger
    )


def _check(path: Path, values: Mapping[str, Any]) -> None:
    """Refuse what is misspelt, and what looks like a secret."""
    for section, entries in values.items():
        known = _KNOWN.get(section)
        if section != "names" and known is None:
            there = ", ".join(f"[{each}]" for each in _KNOWN)
            raise CannotProceedError(f"{path} has a section [{section}]; there are [names], {there}.")
        unknown = [] if known is None else sorted(set(entries) - known)
        if unknown:
            raise CannotProceedError(
                f"{path} has {', '.join(unknown)} in [{section}], which is not known there."
            )
        for key, value in entries.items():
            texts = value if isinstance(value, list) else [value]
            if not all(isinstance(text, str) for text in texts):
                raise CannotProceedError(f"{path}: [{section}] {key} is no text, nor a list of texts.")
            if any(mask(text) != text for text in texts):
                raise CannotProceedError(
                    f"{path}: [{section}] {key} holds a secret. This file holds references only: a profile, "
                    "a dotenv file, env:."
                )
    for key in values.get("names", {}):
        if not key.startswith(("variable/", "connection/")):
            raise CannotProceedError(f"{path}: [names] has {key!r}; variable/KEY or connection/ID is meant.")
