"""Writes the report's files, readable by their owner alone: samples are the user's data."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from comparison.report.page import page
from comparison.timings import task_table
from pipelines.errors import CannotProceedError

DIFFERENCE_COLUMNS = ("output", "left", "right", "kind", "key", "column", "old", "new")


@dataclass(frozen=True)
class ReportFiles:
    """Where the report is."""

    html: Path
    json: Path
    timings: Path
    differences: Path


def write_report(report: Mapping[str, Any], out: Path) -> ReportFiles:
    """Write report.json, report.html, timings.csv and differences.csv into the folder `out`, each 0600.

    Raises CannotProceedError if the folder cannot be written to.
    """
    files = ReportFiles(
        out / "report.html", out / "report.json", out / "timings.csv", out / "differences.csv"
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        # First what the others are made from: should one of them fail, the measurements are kept.
        _write_private(files.json, json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        _write_private(files.timings, task_table(report["runs"]).to_csv(index=False))
        _write_private(files.differences, difference_table(report["outputs"]).to_csv(index=False))
        _write_private(files.html, page(report, out))
    except OSError as error:
        raise CannotProceedError(
            f"The report cannot be written to {out}: {error.strerror}. Choose another folder with --out."
        ) from None
    return files


def difference_table(outputs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Give one row per difference that is written down.

    Keys and rows are JSON; an absent row is empty, a NULL is `NULL` and an empty text is `''`.
    """
    rows = []
    for output in outputs:
        for pair in (output, *output["pairs"]):
            rows += [
                {
                    "output": output["name"],
                    "left": pair["left"],
                    "right": pair["right"],
                    "kind": sample["kind"],
                    "key": "" if sample["key"] is None else _text(sample["key"]),
                    "column": sample["column"],
                    "old": "" if sample["kind"] == "extra" else _text(sample["old"]),
                    "new": "" if sample["kind"] == "missing" else _text(sample["new"]),
                }
                for sample in pair["samples"]
            ]
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def _text(value: Any) -> Any:
    if value is None:
        return "NULL"
    if value == "":
        return "''"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _write_private(path: Path, content: str) -> None:
    """Write a file that nobody else can read at any moment, in place of an older one."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(content)
