"""Reads a user's own trees from a CSV file; what cannot be used is listed by line and reason."""

from __future__ import annotations

import codecs
import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pipelines.errors import CannotProceedError
from pipelines.tree_clusters.planting import FIRST_DAY, Tree

LARGEST_ID = 2**31 - 1
"""`trees.id` is an integer of PostgreSQL."""


@dataclass(frozen=True)
class Columns:
    """The names of the columns in the file's header."""

    id: str = "id"
    lat: str = "lat"
    lon: str = "lon"


DEFAULT_COLUMNS = Columns()


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be used."""

    line: int
    """Line of the file that the row ends on, counted from 1, the header included."""
    reason: str
    row: tuple[str, ...]


def read_trees(file: Path, columns: Columns) -> tuple[list[Tree], list[Rejected]]:
    """Give the trees of a UTF-8 CSV file with a header, and the rows that were rejected.

    Positions are WGS 84 in degrees. All trees are active, and created at the same moment.

    Raises CannotProceedError if the file cannot be read, lacks a column, or no row of it can be used.
    """
    _check_encoding(file)
    trees: list[Tree] = []
    rejected: list[Rejected] = []
    with file.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.reader(source, strict=True)
        try:
            places = _places(file, next(reader, []), columns)
            width = len(places.header)
            seen: set[int] = set()
            for row in reader:
                if not row:
                    continue  # an empty line, such as the last one
                outcome = _tree(row, width, places, seen)
                if isinstance(outcome, str):
                    rejected.append(Rejected(reader.line_num, outcome, tuple(row)))
                else:
                    seen.add(outcome.id)
                    trees.append(outcome)
        except csv.Error as error:
            raise CannotProceedError(
                f"{file} is not well-formed CSV near line {reader.line_num}: {error}. "
                "Mend the line (a stray quote is the usual cause) and try again."
            ) from None
    if not trees:
        first = f" Line {rejected[0].line}: {rejected[0].reason}." if rejected else ""
        raise CannotProceedError(f"{file} has no row that can be used.{first}")
    return trees, rejected


def write_rejects(target: TextIO, rejected: Iterable[Rejected]) -> None:
    """Write the rejected rows as CSV: line, reason, then the row as it was."""
    writer = csv.writer(target)
    writer.writerow(["line", "reason", "row"])
    for one in rejected:
        writer.writerow([one.line, one.reason, *one.row])


@dataclass(frozen=True)
class _Places:
    """Where in a row the columns are."""

    header: tuple[str, ...]
    id: int
    lat: int
    lon: int


def _check_encoding(file: Path) -> None:
    try:
        with file.open("rb") as source:
            start = source.read(4)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise CannotProceedError(
                    f"{file} is UTF-16, as some spreadsheets save it. Save it as CSV UTF-8, or convert it: "
                    "`iconv -f UTF-16 -t UTF-8 FILE > NEW`."
                )
            source.seek(0)
            for number, line in enumerate(source, start=1):
                _check_line(file, number, line)
    except OSError as error:
        raise CannotProceedError(
            f"Cannot read {file}: {error.strerror}. Check the name given to --trees-csv."
        ) from None


def _check_line(file: Path, number: int, line: bytes) -> None:
    if b"\0" in line:
        raise CannotProceedError(f"{file} has a zero byte on line {number}: it is no text file in UTF-8.")
    try:
        line.decode()
    except UnicodeDecodeError as error:
        raise CannotProceedError(
            f"{file} is not UTF-8: line {number}, byte {error.start + 1}. If it is in Windows' encoding, "
            "convert it: `iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW`."
        ) from None


def _places(file: Path, header: Sequence[str], columns: Columns) -> _Places:
    names = [name.strip() for name in header]
    if not any(names):
        raise CannotProceedError(f"{file} has no header on line 1; it must name the columns.")
    for delimiter, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and delimiter in names[0]:
            raise CannotProceedError(
                f"{file} separates its columns by {called}, not by commas. Save it with commas, and with a "
                "point in decimal numbers."
            )
    wanted = {"--id-column": columns.id, "--lat-column": columns.lat, "--lon-column": columns.lon}
    for option, name in wanted.items():
        if names.count(name) != 1:
            fault = "lacks the column" if name not in names else "has more than one column"
            raise CannotProceedError(
                f"{file} {fault} {name!r}. It has: {', '.join(names)}. Name the right one with {option}."
            )
    return _Places(tuple(names), *(names.index(name) for name in wanted.values()))


def _tree(row: Sequence[str], width: int, places: _Places, seen: set[int]) -> Tree | str:
    """Give the row's tree, or why there is none."""
    if len(row) != width:
        return f"{len(row)} fields where the header has {width}"
    identifier = row[places.id].strip()
    if not (identifier.isascii() and identifier.isdigit() and 0 < int(identifier) <= LARGEST_ID):
        return f"the id {identifier!r} is not a whole number from 1 to {LARGEST_ID}"
    if int(identifier) in seen:
        return f"the id {identifier} was on an earlier line"
    lat, lon = (
        _degrees("latitude", row[places.lat], 90),
        _degrees("longitude", row[places.lon], 180),
    )
    for outcome in (lat, lon):
        if isinstance(outcome, str):
            return outcome
    assert isinstance(lat, float) and isinstance(lon, float)  # noqa: S101
    return Tree(int(identifier), lon=lon, lat=lat, active=True, created=FIRST_DAY)


def _degrees(what: str, field: str, limit: float) -> float | str:
    plain = field.strip()
    if not plain:
        return f"no {what}"
    try:
        number = float(plain)
    except ValueError:
        if "," in plain:
            return f"the {what} {plain!r} has a decimal comma; a point is needed"
        return f"the {what} {plain!r} is not a number"
    if not math.isfinite(number) or abs(number) > limit:
        return f"the {what} {plain} is not between -{limit:g} and {limit:g}"
    return number


def default_rejects(file: Path) -> Path:
    """Give the name of the rejects file, in the current folder."""
    return Path(f"{file.stem}.rejects.csv")
