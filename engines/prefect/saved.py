"""What a report keeps of Prefect, so that its runs can be looked at again."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from engines.prefect import metadata
from engines.prefect.settings import Place
from pipelines.errors import CannotProceedError

FACTS = "prefect.json"
METADATA = "metadata.sql"
RESULTS = "results"


@dataclass(frozen=True)
class SavedFacts:
    """What is not in the database."""

    prefect_version: str
    port: int
    """The server's: the links in a report have it."""


def save(place: Place, port: int, folder: Path) -> None:
    """Keep the runs of a server of ours. No block is kept.

    Raises CannotProceedError if pg_dump refuses.
    """
    if place.database_url is None:
        raise RuntimeError("this server is not ours")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    metadata.dump(place.database_url, folder / METADATA)
    if place.results.exists():
        shutil.copytree(place.results, folder / RESULTS, dirs_exist_ok=True)
    (folder / FACTS).write_text(json.dumps(asdict(SavedFacts(version("prefect"), port))))


def facts(folder: Path) -> SavedFacts:
    """Read what `save` wrote.

    Raises CannotProceedError if the folder has none.
    """
    try:
        return SavedFacts(**json.loads((folder / FACTS).read_text()))
    except (OSError, ValueError, TypeError):
        raise CannotProceedError(
            f"{folder} holds no runs of Prefect that were saved: {FACTS} is missing or damaged. "
            "Only reports of `replant compare` in dispatched mode keep them."
        ) from None


def restore(place: Place, folder: Path) -> None:
    """Fill the server's empty database before it starts; a newer Prefect migrates it by itself.

    Raises CannotProceedError if psql refuses.
    """
    if place.database_url is None:
        raise RuntimeError("this server is not ours")
    metadata.load(place.database_url, folder / METADATA)
    if (folder / RESULTS).exists():
        shutil.copytree(folder / RESULTS, place.results, dirs_exist_ok=True)
