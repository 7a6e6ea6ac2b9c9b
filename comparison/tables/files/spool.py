"""Puts the rows of one side, in their one form, into a private temporary database in the order of a hash."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from comparison.tables.files.kinds import Kind, canonical
from comparison.tables.files.readers import Reader
from comparison.tables.merge import Row
from comparison.tables.tables import Table
from comparison.tables.tally import Key, Text

BATCH = 5000


class Spool:
    """One side's rows, sorted on disk; memory stays flat."""

    def __init__(self, path: Path, columns: Sequence[tuple[str, Kind]], width: int) -> None:
        """Prepare for rows of these columns, the first `width` of which are the key."""
        self.rows = 0
        self._width = width
        self._columns = columns
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA cache_size = -8000")
        names = ", ".join(f"c{number}" for number in range(len(columns)))
        self._database.execute(f"CREATE TABLE spooled (h INTEGER, {names})")

    def fill(self, reader: Reader, table: Table) -> None:
        """Read all rows of a table."""
        forms = [canonical(kind) for _, kind in self._columns]
        places = ", ".join("?" for _ in range(len(self._columns) + 1))
        rows = reader.rows(table, [name for name, _ in self._columns])
        made = (tuple(form(value) for form, value in zip(forms, row, strict=True)) for row in rows)
        hashed = ((_hash(row[: self._width]), *row) for row in made)
        self._database.execute("BEGIN")
        while batch := list(islice(hashed, BATCH)):
            self._database.executemany(f"INSERT INTO spooled VALUES ({places})", batch)  # noqa: S608
            self.rows += len(batch)
        self._database.execute("COMMIT")

    def repeated(self, limit: int) -> tuple[tuple[str, int], ...]:
        """Give keys that are there more than once, the most frequent first, and how often."""
        keys = ", ".join(f"c{number}" for number in range(self._width))
        shown = " || ', ' || ".join(f"coalesce(c{number}, 'NULL')" for number in range(self._width))
        found = self._database.execute(
            f"SELECT {shown}, count(*) FROM spooled GROUP BY {keys} HAVING count(*) > 1"  # noqa: S608
            " ORDER BY 2 DESC, 1 LIMIT ?",
            (limit,),
        )
        return tuple((str(key), int(times)) for key, times in found)

    def groups(self) -> Iterator[tuple[int, dict[Key, Row]]]:
        """Give the rows in the order of their keys' hashes."""
        width = self._width
        for number, rows in groupby(self._sorted(), key=itemgetter(0)):
            found = ((row[1 : width + 1], row[width + 1 :]) for row in rows)
            yield number, {key: (key, values) for key, values in found}

    def counted(self) -> Iterator[tuple[int, Counter[tuple[Text, ...]]]]:
        """Give whole rows and how often they are there, in the order of their hashes."""
        for number, rows in groupby(self._sorted(), key=itemgetter(0)):
            yield number, Counter(row[1:] for row in rows)

    def close(self) -> None:
        """End; the file stays to be removed with its folder."""
        self._database.close()

    def _sorted(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._database.execute("SELECT * FROM spooled ORDER BY h"))


def _hash(key: Key) -> int:
    digest = hashlib.blake2b(digest_size=8)
    for part in key:
        digest.update(b"\0" if part is None else f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest(), "big", signed=True)
