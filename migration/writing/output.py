"""Writes the folder: flows, runtime, prefect.yaml, requirements.in."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from migration.entry import Entry
from pipelines.errors import CannotProceedError

RUNTIME = Path(__file__).parents[1] / "runtime"
RUNTIME_FILES = tuple(sorted(file.name for file in RUNTIME.glob("replant_*.py")))
PREFECT = "prefect==3.8.8"
PACKAGES = {
    "psycopg2": "psycopg2-binary", "yaml": "pyyaml", "dateutil": "python-dateutil", "sklearn": "scikit-learn",
    "bs4": "beautifulsoup4", "PIL": "pillow", "cv2": "opencv-python", "google": "google-cloud-core",
    "prefect_sqlalchemy": "prefect-sqlalchemy", "azure": "azure-core",
}  # fmt: skip
"""Packages whose name is not their module's."""
WORK_POOL = "default-pool"


def write(entries: Sequence[Entry], out: Path, before: Collection[str] = ()) -> dict[str, str]:
    """Write what the entries hold; give the digest of each file, so that a later run sees what was changed.

    `before`: the files of an earlier run, which are replaced.

    Raises CannotProceedError if another file is in the way.
    """
    texts = files(entries, out)
    foreign = sorted(name for name in texts if name not in before and (out / name).exists())
    if foreign:
        raise CannotProceedError(
            f"{out / foreign[0]} is in the way: `replant convert` did not write it. "
            "Move it, or give another folder with --out. Nothing was written."
        )
    for name, text in texts.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def files(entries: Sequence[Entry], out: Path) -> dict[str, str]:
    """Give the text of each file, by its path in the output folder."""
    modules: dict[str, str] = {}
    for entry in entries:
        for name, text in entry.modules.items():
            modules.setdefault(name, text)
    modules |= {entry.path: entry.text for entry in entries if entry.text}
    flows = (out / "flows").resolve()
    # What is left out is a module outside of the folder that was given.
    found = {
        f"flows/{name}": text
        for name, text in modules.items()
        if (flows / name).resolve().is_relative_to(flows)
    }
    if any("replant_" in text for text in modules.values()):
        found |= {f"flows/{name}": (RUNTIME / name).read_text(encoding="utf-8") for name in RUNTIME_FILES}
    return found | {"prefect.yaml": deployment_file(entries), "requirements.in": requirements(modules)}


def deployment_file(entries: Sequence[Entry]) -> str:
    """Give prefect.yaml: one deployment for each flow.

    Of several DAGs with one id, of which all but the first are refused, the first has it: a second deployment
    of the same name would take its place.
    """
    named: dict[str, dict[str, Any]] = {}
    for entry in entries:
        for one in entry.deployments:
            if not one["inside"]:
                named.setdefault(one["dag_id"], _deployment(entry, one))
    deployments = list(named.values())
    document = {"name": "converted-flows", "prefect-version": "3.8.8", "deployments": deployments}
    shown: str = yaml.safe_dump(document, sort_keys=False)
    return "# Register with: prefect --no-prompt deploy --all\n" + shown


def _deployment(entry: Entry, one: dict[str, Any]) -> dict[str, Any]:
    paths = ["flows", *(f"flows/{root}" for root in entry.import_roots if root != ".")]
    found: dict[str, Any] = {
        "name": one["dag_id"],
        "entrypoint": f"flows/{entry.path}:{one['function']}",
        "tags": one.get("tags", []),
        "work_pool": {"name": WORK_POOL, "job_variables": {"env": {"PYTHONPATH": ":".join(paths)}}},
    }
    for name in ("schedules", "triggers", "concurrency_limit", "paused"):
        if one.get(name) is not None:
            found[name] = one[name]
    return found


def requirements(texts: dict[str, str]) -> str:
    """Give what the flows import beyond the standard library and their own modules."""
    own = {name.split("/")[-1].removesuffix(".py") for name in texts} | {
        part for name in texts for part in name.split("/")[:-1]
    }
    own |= {name.removesuffix(".py") for name in RUNTIME_FILES} | {"airflow"}
    found = {PREFECT}
    for text in texts.values():
        for module in _imported(text):
            if module not in sys.stdlib_module_names and module not in own and module != "prefect":
                found.add(PACKAGES.get(module, module.replace("_", "-")))
        if re.search(r"\b(PostgresHook|BaseHook)\b", text):
            found |= {"prefect-sqlalchemy", "psycopg2-binary"}
    return "\n".join(sorted(found)) + "\n"


def _imported(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Import):
            yield from (one.name.split(".")[0] for one in node.names)
