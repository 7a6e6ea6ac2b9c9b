"""The `outputs` of report.json: what differs in each output, between each pair of engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparison.evidence import OutputPair
from comparison.noise import noise_of
from comparison.report.changes import fair
from comparison.tables.records import OutputDifference, Sample
from comparison.verdict import WORST_FIRST, OutputVerdict, judge_output

SAMPLES = 2000
"""Differences that are written down of one output and pair, shared out fairly; all of them are counted."""

Judged = tuple[OutputPair, OutputVerdict]


def outputs_as_json(pairs: Sequence[OutputPair]) -> list[dict[str, Any]]:
    """Give one entry per output; its own fields are those of the main pair, `pairs` holds the other pairs.

    Of several rounds the worst is shown. The main pair is the first of different engines.
    """
    sides = [pair for pair in pairs if not pair.is_control]
    return [
        _output(name, [pair for pair in sides if pair.name == name], pairs)
        for name in dict.fromkeys(pair.name for pair in sides)
    ]


def _output(name: str, sides: Sequence[OutputPair], pairs: Sequence[OutputPair]) -> dict[str, Any]:
    by_engines: dict[tuple[str, str], list[Judged]] = {}
    for pair in sides:
        by_engines.setdefault((pair.left, pair.right), []).append((pair, judge_output(pair, pairs)))
    entries = [_pair(judged) for judged in by_engines.values()]
    rows: dict[str, int] = {}
    for entry in entries:
        rows = {**entry["rows"], **rows}
    engines = dict.fromkeys(pair.left for pair in pairs if pair.is_control)
    noise = {engine: _noise(pairs, engine, name) for engine in engines}
    return {"name": name, **entries[0], "rows": rows, "noise": noise, "pairs": entries[1:]}


def _pair(judged: Sequence[Judged]) -> dict[str, Any]:
    """Give the worst round of one pair of engines."""
    pair, verdict = min(judged, key=lambda one: (WORST_FIRST.index(one[1].word), -one[1].explained.real))
    unlike = sum(other.word != "identical" for _, other in judged)
    difference = pair.difference
    return {
        "left": pair.left,
        "right": pair.right,
        "verdict": verdict.word,
        "reason": verdict.reason,
        "round": pair.round,
        "rounds": len(judged),
        "rounds_with_differences": unlike,
        "explained_by_noise": verdict.explained.by_noise,
        "not_comparable_columns": list(verdict.explained.fresh),
        **(_counts(difference, pair) if difference else _no_counts()),
    }


def _counts(difference: OutputDifference, pair: OutputPair) -> dict[str, Any]:
    return {
        "key": list(difference.key),
        "rows": {pair.left: difference.rows_left, pair.right: difference.rows_right},
        "changed": difference.changed,
        "missing": difference.missing,
        "extra": difference.extra,
        "columns": [
            {"name": column.name, "changed": column.changed, "share": column.share}
            for column in difference.columns
        ],
        "samples": fair([_sample(sample, difference.key) for sample in difference.samples], SAMPLES),
        "schema": [
            {"column": column.column, "left_type": column.left_type, "right_type": column.right_type}
            for column in difference.schema
        ],
        "notes": list(difference.notes),
    }


def _no_counts() -> dict[str, Any]:
    return {
        "key": [],
        "rows": {},
        "changed": None,
        "missing": None,
        "extra": None,
        "columns": [],
        "samples": [],
        "schema": [],
        "notes": [],
    }


def _sample(sample: Sample, key: Sequence[str]) -> dict[str, Any]:
    return {
        "kind": sample.kind,
        "key": dict(zip(key, sample.key, strict=True)) if sample.key is not None else None,
        "column": sample.column,
        "old": sample.old,
        "new": sample.new,
    }


def _noise(pairs: Sequence[OutputPair], engine: Any, output: str) -> dict[str, Any]:
    noise = noise_of(pairs, engine, output)
    return {
        "pairs": noise.pairs,
        "changed": noise.changed,
        "missing": noise.missing,
        "extra": noise.extra,
        "columns": sorted({column for _, column in noise.seen if column} | noise.fresh),
        "not_comparable_columns": sorted(noise.fresh),
    }
