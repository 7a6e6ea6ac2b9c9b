"""The files of `replant diff --out`: diff.json, diff.html, tables.csv, differences.csv."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from comparison.tables.databases import DatabaseDifference
from comparison.tables.output.html import as_html
from comparison.tables.output.plain import as_json
from comparison.tables.verdict import Word
from pipelines.errors import CannotProceedError

_TABLES = ("table", "result", "rows_left", "rows_right", "changed", "missing", "extra", "strategy", "seconds")
_DIFFERENCES = ("table", "kind", "key", "column", "old", "new")


def write(result: DatabaseDifference, word: Word, folder: Path) -> tuple[Path, ...]:
    """Write all files; give their paths. Rows of a database are in them, so only the user can read them.

    Raises CannotProceedError if the folder cannot be written.
    """
    plain = as_json(result, word)
    paths = tuple(folder / name for name in ("diff.json", "diff.html", "tables.csv", "differences.csv"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.touch(mode=0o600)
            path.chmod(0o600)
        paths[0].write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n")
        paths[1].write_text(as_html(plain))
        _write_csv(paths[2], _TABLES, _table_rows(plain))
        _write_csv(paths[3], _DIFFERENCES, _difference_rows(plain))
    except OSError as error:
        raise CannotProceedError(f"Cannot write to {folder}: {error.strerror}. Name another --out.") from None
    return paths


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _table_rows(plain: dict[str, Any]) -> Iterable[Sequence[Any]]:
    for table in plain["tables"]:
        found = table["difference"] or {}
        yield [table["name"], table["result"], *(found.get(name, "") for name in _TABLES[2:])]


def _difference_rows(plain: dict[str, Any]) -> Iterable[Sequence[Any]]:
    for table in plain["tables"]:
        for sample in (table["difference"] or {}).get("samples", ()):
            yield [
                table["name"],
                sample["kind"],
                cell(sample["key"]),
                sample["column"] or "",
                cell(sample["old"]),
                cell(sample["new"]),
            ]


def cell(value: Any) -> str:
    """Write a value so that NULL and '' can be told apart, and no spreadsheet takes it for a formula."""
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    if text in ("", "NULL"):
        return f"'{text}'"
    return f"'{text}" if text[0] in "=+-@\t\r" and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
