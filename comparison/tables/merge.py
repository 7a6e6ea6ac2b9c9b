"""Merges two streams of rows that come in the order of their keys' hashes."""

from __future__ import annotations

from collections.abc import Iterator

from comparison.tables.tally import Key, Text

Row = tuple[Key, tuple[Text, ...]]
Groups = Iterator[tuple[int, dict[Key, Row]]]
"""The rows of each hash by key; more than one only where two keys happen to share the hash."""


def merged(left: Groups, right: Groups, *, by_text: bool) -> Iterator[tuple[Row | None, Row | None]]:
    """Give the rows that belong together; a row without a partner comes with None.

    Unless `by_text`, a lone row of either side with the same hash is taken for the same key.
    """
    nothing: tuple[int | None, dict[Key, Row]] = (None, {})
    old, new = next(left, nothing), next(right, nothing)
    while old[0] is not None or new[0] is not None:
        if new[0] is None or (old[0] is not None and old[0] < new[0]):
            yield from ((row, None) for row in old[1].values())
            old = next(left, nothing)
        elif old[0] is None or new[0] < old[0]:
            yield from ((None, row) for row in new[1].values())
            new = next(right, nothing)
        else:
            if not by_text and len(old[1]) == len(new[1]) == 1:
                yield next(iter(old[1].values())), next(iter(new[1].values()))
            else:
                yield from ((row, new[1].pop(key, None)) for key, row in old[1].items())
                yield from ((None, row) for row in new[1].values())
            old, new = next(left, nothing), next(right, nothing)
